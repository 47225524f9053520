"""Variants that run already: where they are asked, and what cannot be asked of them.

Nothing is deployed, so that whatever an experiment says of pods, processes and CPUs of a service
has no meaning. Who may create an experiment may not thereby load any host: a Service is one of the
namespace (`progress.asked_service` looks at what it is), and a url is on the chart's list.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from loadlab.catalogue import Factor
from loadlab.catalogue.generators import DEFAULT
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.expectations import FigureName
from loadlab.model.spec.limits import Resources
from loadlab.model.spec.placement import ComponentPlacement, SeparateGenerator, ServiceCpu
from loadlab.model.spec.precision import PrecisionFigure
from loadlab.model.spec.request import Redirects
from loadlab.model.spec.running import HOST, URL
from loadlab.model.spec.variants import Variant
from loadlab.model.status.conditions import Reason
from loadlab.plan.errors import PlanError

DEFAULT_PORTS = {"http": 80, "https": 443}
WORKLOAD = "custom"  # whose variants have no store that a steward empties
METERED = {FigureName.SERVICE_CPU, FigureName.EVENT_LOOP_LAG_P99}
# Where machines and clouds keep what is nobody else's.
_NEVER = re.compile(
    r"(.*\.)?(localhost|localdomain)|metadata\.google\.internal|instance-data\.ec2\.internal"
)


def host_and_port(url: str) -> str:
    """Return what a url is looked up by in the list of allowed hosts, such as a.example.com:443."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or DEFAULT_PORTS[parts.scheme]}"


def why_not_a_host(entry: str) -> str:
    """Return why an entry of the list allows nothing; empty for one that is in order."""
    name, colon, port = entry.rpartition(":")
    if not (colon and port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
        return "it has no port: write host:port"
    if re.fullmatch(HOST, name) is None:
        return "it is no DNS name of two labels at least, in small letters: IP addresses are none"
    return "it is a name of this machine or of its cloud" if _NEVER.fullmatch(name) else ""


def check_running(spec: LoadExperimentSpec, allowed_hosts: tuple[str, ...]) -> None:
    """Refuse what cannot be asked of services that run already.

    Raises:
        PlanError: names the field and the remedy.
    """
    running = [variant for variant in spec.variants if variant.runs_already]
    if not running:
        return
    for variant in running:
        _check_host(variant, allowed_hosts)
        _check_host_headers(spec, variant, allowed_hosts)
        _check_generator(spec, variant)
    if fault := _fault(spec, running):
        raise PlanError(Reason.INVALID_SPEC, fault)
    for claim in spec.expectations:
        if claim.figure in METERED and any(_lacks(claim.figure, each) for each in running):
            message = (
                f"expectations {claim.name}: nobody meters a service that runs already, so "
                f"{claim.figure} is not known; give it an instrumentsPort or "
                "metrics, or claim a latency"
            )
            raise PlanError(Reason.INVALID_EXPECTATION, message)


def _lacks(figure: FigureName, variant: Variant) -> bool:
    """Whether nobody can know a figure of it; an app's own metrics tell of CPU."""
    tells_cpu = figure is FigureName.SERVICE_CPU and variant.metrics is not None
    return variant.instruments_port is None and not tells_cpu


def _check_host(variant: Variant, allowed_hosts: tuple[str, ...]) -> None:
    if variant.url is None:
        return
    wanted = host_and_port(variant.url)
    # An entry that allows nothing is left out here, too: lists come from other places than charts.
    if wanted not in allowed_hosts or why_not_a_host(wanted):
        message = (
            f"variants {variant.name}: url names {wanted}, which is not on the chart's list "
            "allowedHosts: whoever runs the operator may add it there"
        )
        raise PlanError(Reason.INVALID_SPEC, message)


def _check_host_headers(
    spec: LoadExperimentSpec, variant: Variant, allowed_hosts: tuple[str, ...]
) -> None:
    """Refuse a header by which the server at a url's address would be asked for another site.

    Behind one address (an ingress controller, a CDN) are many hosts, told apart by that header.
    """
    if variant.url is None:
        return
    for field, value in _host_headers(spec):
        site = f"{urlsplit(variant.url).scheme}://{value or ''}"
        wanted = host_and_port(site) if re.fullmatch(URL, site) else ""
        if not wanted or wanted not in allowed_hosts or why_not_a_host(wanted):
            named = f"names {wanted}" if wanted else "is no host in plain words"
            message = (
                f"{field} {named}, and variants {variant.name} has a url: with one, Host is a name "
                "of the chart's list allowedHosts, without variables or Secrets; leave it out"
            )
            raise PlanError(Reason.INVALID_SPEC, message)


def _host_headers(spec: LoadExperimentSpec) -> Iterator[tuple[str, str | None]]:
    """Yield each Host header with its value, None where a Secret has it: k6 takes any case."""
    request = spec.load.request
    places = {"load.request.headers": request.headers} | {
        f"load.request.steps {step.name}: headers": step.headers for step in request.steps
    }
    for field, headers in places.items():
        for name, value in headers.items():
            if name.lower() == "host":
                yield f"{field}.{name}", value.lower()
    for secret in request.headers_from:
        if secret.name.lower() == "host":
            yield f"load.request.headersFrom {secret.name}", None


def _check_generator(spec: LoadExperimentSpec, variant: Variant) -> None:
    swept = spec.factors.levels(Factor.GENERATOR) or ()
    others = {str(each) for each in (spec.load.generator, *swept) if each} - {DEFAULT.value}
    if variant.url is not None and others:
        message = (
            f"variants {variant.name}: url goes with load.generator k6, which refuses to be led to "
            f"addresses of the machine; leave {', '.join(sorted(others))} out"
        )
        raise PlanError(Reason.INVALID_SPEC, message)


def _fault(spec: LoadExperimentSpec, running: list[Variant]) -> str:
    """Return what is at odds with a service that runs already; empty for nothing."""
    return next((fault for holds, fault in _faults(spec, running) if holds), "")


def _faults(spec: LoadExperimentSpec, running: list[Variant]) -> Iterator[tuple[bool, str]]:
    yield (
        spec.workload != WORKLOAD,
        (f"workload: service and url go with {WORKLOAD}, which has no store of its own"),
    )
    yield (
        len(running) != len(spec.variants),
        (
            "variants: a service that runs already is not compared with one that is deployed for "
            "the trial, in fresh processes: make two experiments"
        ),
    )
    yield (
        any(level != 1 for level in spec.factors.levels(Factor.WORKERS) or ()),
        ("factors.workers changes nothing of a service that runs already: leave it out"),
    )
    yield (
        spec.placement.service_cpu is ServiceCpu.EXCLUSIVE,
        (
            "placement.serviceCpu Exclusive gives CPUs to a pod of the experiment's own: leave it "
            "out, as a service that runs already stays where it is"
        ),
    )
    yield (
        spec.load.request.redirects is Redirects.FOLLOW,
        (
            "load.request.redirects Follow would lead to hosts that nobody has looked at: with "
            "service and url use Fail or Accept"
        ),
    )
    yield (
        spec.load.script is not None and any(variant.url is not None for variant in running),
        (
            "load.script may ask any host, and url only those of the chart's list: use "
            "load.request, or a service of the namespace"
        ),
    )
    yield from _without_effect(spec)
    yield from map(_metered_by_https, running)
    wants_cpu = spec.precision and spec.precision.figure is PrecisionFigure.CPU_MICROS
    yield (
        bool(wants_cpu) and any(_lacks(FigureName.SERVICE_CPU, variant) for variant in running),
        (
            "precision.figure cpuMicros is not known of a service that nobody meters: give it an "
            "instrumentsPort, or use p95Ms"
        ),
    )


def _metered_by_https(variant: Variant) -> tuple[bool, str]:
    return (
        variant.https is not None and variant.asked_port in _metered_ports(variant),
        (
            f"variants {variant.name}: instrumentsPort and metrics are asked by http, and port "
            f"{variant.asked_port} of the Service speaks https: name a port that speaks http"
        ),
    )


def _metered_ports(variant: Variant) -> set[int | None]:
    return {variant.instruments_port, variant.metrics.port if variant.metrics else None}


def _without_effect(spec: LoadExperimentSpec) -> Iterator[tuple[bool, str]]:
    """Yield what is said of a pod that nobody makes: who says it would take it for granted."""
    placement = spec.placement
    given = {
        "resources.service": spec.resources.service != Resources().service,
        "resources.meter": spec.resources.meter != Resources().meter,
        "placement.components.service": placement.components.service != ComponentPlacement(),
        "network.serviceEgress": spec.network.service_egress is not None,
    }
    for field, is_given in given.items():
        yield (
            is_given,
            (
                f"{field} says something of the service's pod, and a service that runs already has "
                "what its owner gave it: leave it out"
            ),
        )
    yield (
        placement.separate_generator is SeparateGenerator.REQUIRED,
        (
            "placement.separateGenerator Required keeps pods of the experiment apart, and the pods "
            "of a service that runs already are not: choose the generator's nodes by "
            "placement.components.k6.nodeSelector"
        ),
    )
