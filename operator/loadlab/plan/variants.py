"""What the catalogue and the spec say together of each variant, resolved once per plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from loadlab.base.names import STORES, Component
from loadlab.base.quantities import whole_number
from loadlab.catalogue import WORKLOADS, Cell, Factor, Workload
from loadlab.catalogue import Variant as Facts
from loadlab.catalogue.facts import CACHE_TTL
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.files import MountedFile
from loadlab.model.spec.https import Https
from loadlab.model.spec.pod import PodFields
from loadlab.model.spec.running import AppMetrics
from loadlab.model.spec.secrets import EnvSource
from loadlab.model.spec.variants import EnvVar, Variant
from loadlab.plan.https import host_of
from loadlab.plan.pods import INSTRUMENTS_PORT

READINESS_PATH = "/healthz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a service is asked, whoever deployed it: addresses, and the path of its readiness."""

    address: str
    readiness_path: str
    instruments: str | None  # answers GET /snapshot; None where nothing meters the service


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedVariant:
    """All that a variant is in an experiment. Without an image it is one of ours."""

    name: str
    facts: Facts
    stores: tuple[Component, ...]
    image: str | None
    command: tuple[str, ...]  # of the image; empty for its own
    port: int
    readiness_path: str
    instruments_port: int | None  # None: a container beside it meters it
    settings: Mapping[str, str | int]  # variables that are the same in every run
    env: tuple[EnvVar, ...]  # variables of the user's own, in the order given
    env_from: tuple[EnvSource, ...]  # Secrets and ConfigMaps with more of them
    files: tuple[MountedFile, ...]  # of the image's container, from Secrets and ConfigMaps
    https: Https | None  # None: it is asked by http
    pod: PodFields  # what the user says of its pods
    service: str | None = None  # a Service that runs already
    url: str | None = None  # a host that does
    metrics: AppMetrics | None = None  # the Service's own endpoint for a Prometheus
    replicas: int = 1  # pods of the service that are deployed

    @property
    def is_deployed(self) -> bool:
        """Whether it is started for each run; else it runs already, and nothing of it changes."""
        return self.service is None and self.url is None

    def pods_in(self, cell: Cell) -> int:
        """How many pods of the service are deployed for a cell."""
        return (self.is_deployed and cell.number(Factor.REPLICAS)) or self.replicas

    @property
    def has_instruments(self) -> bool:
        """Whether it counts its own requests and watches its event loop."""
        return self.instruments_port is not None

    @property
    def snapshot_port(self) -> int:
        """The port of its instruments, or of the meter: they share the pod's address."""
        if self.instruments_port is not None:
            return self.instruments_port
        return INSTRUMENTS_PORT if self.port != INSTRUMENTS_PORT else INSTRUMENTS_PORT + 1

    @property
    def stale_ms(self) -> int:
        """How stale a list may be after a write: as declared, with the cache's time to live."""
        given = next((v.value for v in self.env if v.name == CACHE_TTL), None)
        return self.facts.stale_ms_at(whole_number(given or ""))

    def target_name(self, pods: int) -> str:
        """Return by which name the steward knows where the instruments of so many pods are."""
        return f"{self.name}/replicas={pods}" if pods > 1 else self.name

    def _metered_at(self, name: str) -> str | None:
        if self.metrics is not None:
            return f"http://{name}:{self.metrics.port}{self.metrics.path}"
        return f"http://{name}:{self.instruments_port}" if self.instruments_port else None

    @property
    def asked_ports(self) -> dict[str, int]:
        """The ports of a Service that runs already, by the fields that name them."""
        named = {
            "service.port": self.port,
            "instrumentsPort": self.instruments_port,
            "metrics.port": self.metrics.port if self.metrics else None,
        }
        return {field: port for field, port in named.items() if port is not None}

    @property
    def is_metered_as_one(self) -> bool:
        """Whether one pod alone is metered, so that there may be no other."""
        return self.instruments_port is not None or self.metrics is not None

    def target(self, host: str, namespace: str) -> Target:
        """Return where it is asked: pods behind a name that is made for a run, or what runs."""
        if self.is_deployed:
            name = host_of(host, namespace, self.https)
            metered: str | None = f"http://{host}:{self.snapshot_port}"
        else:
            # In full: a short name that is no Service may be one of the node's own domain.
            name = f"{self.service}.{namespace}.svc"
            metered = self._metered_at(name)
        address = f"{'https' if self.https else 'http'}://{name}:{self.port}"
        return Target(
            address=self.url or address,
            readiness_path=self.readiness_path,
            instruments=metered,
        )


def workload_of(spec: LoadExperimentSpec) -> Workload:
    """Return the workload of an experiment."""
    return WORKLOADS[spec.workload]


def resolve_variants(spec: LoadExperimentSpec) -> dict[str, ResolvedVariant]:
    """Return the variants of an experiment by their names."""
    return {given.name: _resolve(spec, given) for given in spec.variants}


def _loads(spec: LoadExperimentSpec, readiness_path: str) -> bool:
    """Whether a request of the load has the path of the probes, which instruments do not count."""
    own = spec.load.request
    asked = [own.path, *(step.path for step in own.steps)]
    return any(path is not None and _bare(path) == _bare(readiness_path) for path in asked)


def _bare(path: str) -> str:
    return unquote(path.partition("?")[0])


def _resolve(spec: LoadExperimentSpec, given: Variant) -> ResolvedVariant:
    workload = workload_of(spec)
    # Then the fields of an image are absent, by the rules.
    is_ours = given.image is None and not given.runs_already
    port, path = given.asked_port, given.readiness_path or READINESS_PATH
    instruments_port = INSTRUMENTS_PORT if is_ours else given.instruments_port
    settings = {
        "PORT": port,
        "INSTRUMENTS_PORT": instruments_port,
        "READINESS_PATH": None if is_ours else path,
        "READINESS_IS_LOAD": "true" if given.instruments_port and _loads(spec, path) else None,
        "SERVER": given.server.value if given.server else None,
    }
    return ResolvedVariant(
        name=given.name,
        facts=workload.variant(given.name),
        stores=workload.stores(given.name),
        image=given.image,
        command=given.command or (),
        port=port,
        readiness_path=path,
        instruments_port=instruments_port,
        settings={name: value for name, value in settings.items() if value is not None},
        env=given.env,
        env_from=given.env_from or (),
        files=given.files or (),
        https=given.https,
        pod=given,
        service=given.service.name if given.service else None,
        url=given.url,
        metrics=given.metrics,
        replicas=0 if given.runs_already else 1,
    )


def stores_of(spec: LoadExperimentSpec) -> tuple[Component, ...]:
    """Return the stores that at least one of the experiment's variants needs."""
    workload = workload_of(spec)
    needed = {store for variant in spec.variants for store in workload.stores(variant.name)}
    return tuple(store for store in STORES if store in needed)
