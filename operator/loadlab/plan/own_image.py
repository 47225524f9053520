"""Variants that run an image of the user's own: its container, and the meter beside it.

The image knows nothing of us. Where it has no instruments, a second container reads the kernel's
account of it: both run as the same user in one process namespace. The meter is asleep but for two
snapshots, and its CPU and memory are its own container's.
"""

from dataclasses import dataclass

from loadlab.model.conditions import Reason
from loadlab.model.names import METER
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.limits import Amounts
from loadlab.model.spec.placement import ServiceCpu
from loadlab.model.spec.variants import Variant
from loadlab.plan.context import Context, Manifest
from loadlab.plan.pods import (
    APPLICATION_USER,
    CONTAINER_SECURITY,
    HTTP_PORT,
    INSTRUMENTS_PORT,
    SCRATCH_MOUNT,
    env,
    http_probe,
    limits,
    owned_cpus,
)

READINESS_PATH = "/healthz"
METER_MODULE = "loadlab_services.instruments.sidecar"
# A Guaranteed pod needs a CPU request of every container. A fraction keeps the meter off the
# service's CPUs: only containers that ask for whole ones own any.
METER_CPU, METER_MEMORY = "100m", "64Mi"


@dataclass(frozen=True, slots=True)
class OwnImage:
    """How an image of the user's own is run and asked."""

    image: str
    command: tuple[str, ...]
    port: int
    readiness_path: str
    instruments_port: int | None

    @property
    def has_instruments(self) -> bool:
        """Whether the image itself answers GET /snapshot."""
        return self.instruments_port is not None

    @property
    def snapshot_port(self) -> int:
        """The port of the image's instruments, or of the meter: they share the pod's address."""
        if self.instruments_port is not None:
            return self.instruments_port
        return INSTRUMENTS_PORT if self.port != INSTRUMENTS_PORT else INSTRUMENTS_PORT + 1


def own_image(spec: LoadExperimentSpec, variant: str) -> OwnImage | None:
    """Return how a variant's image is run; None for a built-in variant."""
    given = variant_of(spec, variant)
    if given.image is None:
        return None
    return OwnImage(
        image=given.image,
        command=given.command or (),
        port=given.port or HTTP_PORT,
        readiness_path=given.readiness_path or READINESS_PATH,
        instruments_port=given.instruments_port,
    )


def variant_of(spec: LoadExperimentSpec, name: str) -> Variant:
    """Return the variant of a name."""
    return next(variant for variant in spec.variants if variant.name == name)


def readiness_path(spec: LoadExperimentSpec, variant: str) -> str:
    """Return the path that a variant answers with 200 once it can serve."""
    own = own_image(spec, variant)
    return own.readiness_path if own else READINESS_PATH


def is_instrumented(spec: LoadExperimentSpec, variant: str) -> bool:
    """Whether a variant counts its own requests and watches its event loop."""
    own = own_image(spec, variant)
    return own is None or own.has_instruments


def why_not_ready(spec: LoadExperimentSpec, variant: str, reason: Reason) -> str:
    """Say what is asked of an image that does not come up; empty where that explains nothing."""
    own = own_image(spec, variant)
    if own is None:
        return ""
    if reason in {Reason.CRASH_LOOP, Reason.CREATION_REFUSED, Reason.NEVER_READY}:
        return (
            f"; your image {own.image} runs as user {APPLICATION_USER} with a read-only root file "
            "system (/tmp is writable), as Pod Security restricted asks, so one that needs root "
            f"cannot run, and it must answer GET {own.readiness_path} on port {own.port} with 200"
        )
    if reason is Reason.UNSCHEDULABLE and not own.has_instruments:
        return (
            f"; besides resources.service the pod asks for {METER_CPU} CPU for the meter, which "
            "an image with an instrumentsPort and placement.serviceCpu Shared do without"
        )
    return ""


def build_own_container(context: Context, own: OwnImage, environment: list[Manifest]) -> Manifest:
    """Return the container of the image, but for its resources."""
    ports = [{"name": "http", "containerPort": own.port}]
    if own.instruments_port is not None:
        ports.append({"name": "instruments", "containerPort": own.instruments_port})
    return {
        "name": "service",
        **context.pulled(own.image),
        **({"command": list(own.command)} if own.command else {}),
        "securityContext": CONTAINER_SECURITY,
        "terminationMessagePolicy": "FallbackToLogsOnError",  # for the diagnosis of one that fails
        "env": environment,
        "ports": ports,
        "readinessProbe": http_probe(own.readiness_path, own.port, period=1),
        "volumeMounts": [SCRATCH_MOUNT],
    }


def build_meter(context: Context, own: OwnImage) -> Manifest:
    """Return the container that meters the one beside it."""
    exclusive = context.spec.placement.service_cpu is ServiceCpu.EXCLUSIVE
    amounts = Amounts(cpu=METER_CPU, memory=METER_MEMORY)
    return {
        "name": METER,
        **context.pulled(context.images.services),
        "command": ["python", "-m", METER_MODULE],
        "securityContext": CONTAINER_SECURITY,
        "env": env(INSTRUMENTS_PORT=own.snapshot_port),
        "ports": [{"name": "instruments", "containerPort": own.snapshot_port}],
        "resources": owned_cpus(amounts) if exclusive else limits(Amounts(), memory=METER_MEMORY),
    }
