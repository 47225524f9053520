"""k6's own outputs beside LoadLab's: what a generator is told where the chart has k6Outputs.

LoadLab's comes first, so its document is printed before the others are waited for: a receiver that
hangs delays the end of a pod that nobody waits for any more. What the program does with headers,
loadgen/outputs says.
"""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from loadlab.catalogue import Factor, Generator
from loadlab.catalogue.generators import named
from loadlab.model.k6_outputs import K6Output, K6Outputs, Receiver, RemoteWrite
from loadlab.model.spec.request import SecretHeader
from loadlab.plan.context import Context, Manifest, Run
from loadlab.plan.pods import env

HEADERS = "LOADLAB_OUTPUT_HEADERS"
SECRET = "LOADLAB_OUTPUT_HEADER_"  # noqa: S105 - a variable's name, of which a number is the end
# One write that nobody answers. k6's remote write has 5 s of its own, which nothing changes.
RECEIVER_ANSWERS_MS = 5_000
PREFIX = "k6_"  # as remote write has it: one dashboard fits both


def with_outputs(context: Context, generator: Generator, pod: Manifest) -> Manifest:
    """Return a generator's pod that has k6's own outputs; as it is where there are none.

    What their Secrets hold changes no figure: they are not among those that are noted.
    """
    outputs = context.images.k6_outputs
    if generator.facts.output_args is None or not outputs.receivers:
        return pod
    own, *others = pod["containers"]
    beside = [arg for arg in generator.facts.output_args if arg not in own["args"]]
    told = {
        **own,
        "args": [*own["args"], *beside, *_arguments(outputs)],
        "env": [*own["env"], *_variables(outputs)],
    }
    return {**pod, "containers": [told, *others]}


def trial_tags(context: Context, generator: Generator, run: Run) -> Manifest:
    """Return what the samples of a trial are known by elsewhere, as a piece of its configuration.

    The script adds the pod's number: two pods that write one series would overwrite each other.
    """
    if generator.facts.output_args is None or not context.images.k6_outputs.receivers:
        return {}
    tags = {
        "namespace": context.experiment.metadata.namespace,
        "experiment": context.name,
        "trial": run.trial,
        "attempt": str(run.attempt),
        "cell": run.cell.title(),
        "variant": run.cell.variant,
    }
    return {"tags": {f"loadlab_{name}": value for name, value in tags.items()}}


def output_egress(context: Context) -> list[Manifest]:
    """Return what the generators' NetworkPolicy lets out for them."""
    swept = context.spec.factors.levels(Factor.GENERATOR)
    generators = [named(level) for level in swept] if swept else [context.spec.load.generator]
    if all(generator.facts.output_args is None for generator in generators):
        return []
    return [_egress(receiver) for receiver in context.images.k6_outputs.receivers]


def _egress(receiver: Receiver) -> Manifest:
    namespace = {"matchLabels": {"kubernetes.io/metadata.name": receiver.namespace}}
    peer = (
        {"ipBlock": {"cidr": receiver.cidr}}
        if receiver.cidr
        else {"namespaceSelector": namespace, "podSelector": {}}
    )
    return {"to": [peer], "ports": [{"protocol": "TCP", "port": receiver.port}]}


def _arguments(outputs: K6Outputs) -> list[str]:
    names = {
        "opentelemetry": outputs.opentelemetry,
        "experimental-prometheus-rw": outputs.prometheus_remote_write,
    }
    return [f"--out={name}" for name, output in names.items() if output]


def _variables(outputs: K6Outputs) -> list[Manifest]:
    collector, prometheus = outputs.opentelemetry, outputs.prometheus_remote_write
    return [
        *(_open_telemetry(collector) if collector else ()),
        *(_remote_write(prometheus) if prometheus else ()),
        *_header_variables(outputs),
    ]


def _open_telemetry(output: K6Output) -> list[Manifest]:
    url = urlsplit(output.url)
    return env(
        K6_OTEL_EXPORTER_PROTOCOL="http/protobuf",
        K6_OTEL_HTTP_EXPORTER_ENDPOINT=url.netloc,
        K6_OTEL_HTTP_EXPORTER_URL_PATH=url.path or "/v1/metrics",
        K6_OTEL_HTTP_EXPORTER_INSECURE=str(url.scheme == "http").lower(),
        K6_OTEL_EXPORT_INTERVAL=output.interval,
        K6_OTEL_METRIC_PREFIX=PREFIX,
        OTEL_METRIC_EXPORT_TIMEOUT=RECEIVER_ANSWERS_MS,
    )


def _remote_write(output: RemoteWrite) -> list[Manifest]:
    # Percentiles of a trial so far take all its values in memory, sorted anew each time.
    stats = ",".join(output.trend_stats)
    of_all = {"K6_FEATURES": "native-histograms"}
    trends = {"K6_PROMETHEUS_RW_TREND_STATS": stats} if stats else of_all
    return env(
        K6_PROMETHEUS_RW_SERVER_URL=output.url,
        K6_PROMETHEUS_RW_PUSH_INTERVAL=output.interval,
        K6_PROMETHEUS_RW_STALE_MARKERS="true",  # else a trial's last values last 5 min
        K6_PROMETHEUS_RW_TLS_MINIMUM_VERSION="1.2",
        **trends,
    )


def _header_variables(outputs: K6Outputs) -> Iterator[Manifest]:
    """Yield what headers there are, and those that the kubelet fills; none where there are none.

    A Secret that is not there keeps no trial from its figures: its header is missing.
    """
    secrets = list(dict.fromkeys(_secret_headers(outputs)))
    variables = {header: f"{SECRET}{number}" for number, header in enumerate(secrets)}
    told = {
        name: _dump(output, variables)
        for name, output in (
            ("opentelemetry", outputs.opentelemetry),
            ("prometheusRemoteWrite", outputs.prometheus_remote_write),
        )
        if output and (output.headers or output.headers_from)
    }
    if told:
        # Kubernetes would expand $(NAME) in a value; in JSON a dollar has another name.
        yield from env(**{HEADERS: json.dumps(told).replace("$", r"\u0024")})
    for header, variable in variables.items():
        reference = {**header.secret_key_ref.dump(), "optional": True}
        yield {"name": variable, "valueFrom": {"secretKeyRef": reference}}


def _secret_headers(outputs: K6Outputs) -> Iterator[SecretHeader]:
    for output in (outputs.opentelemetry, outputs.prometheus_remote_write):
        yield from output.headers_from if output else ()


def _dump(output: K6Output, variables: dict[SecretHeader, str]) -> list[Manifest]:
    plain = [{"name": name, "value": value} for name, value in output.headers]
    from_secrets = [
        {"name": header.name, "prefix": header.prefix, "variable": variables[header]}
        for header in output.headers_from
    ]
    return [*plain, *from_secrets]
