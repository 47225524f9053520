"""Variants that run an image of the user's own: its container, and the meter beside it.

The image knows nothing of us. Where it has no instruments, a second container reads the kernel's
account of it: both run as the same user in one process namespace. The meter is asleep but for two
snapshots, and its CPU and memory are its own container's.
"""

from loadlab.base.names import METER, Component
from loadlab.model.status.conditions import Reason
from loadlab.plan.context import Context, Manifest, Run
from loadlab.plan.https import build_certificate
from loadlab.plan.own_files import build_files
from loadlab.plan.own_pod import build_env_from, build_image
from loadlab.plan.pods import (
    APPLICATION_USER,
    CONTAINER_SECURITY,
    SCRATCH_MOUNT,
    env,
    guaranteed,
    http_probe,
    limited,
)
from loadlab.plan.requests import readiness_headers
from loadlab.plan.variants import ResolvedVariant

METER_MODULE = "loadlab_services.instruments.sidecar"


def why_not_ready(variant: ResolvedVariant, reason: Reason) -> str:
    """Say what is asked of an image that does not come up; empty where that explains nothing."""
    if variant.image is None:
        return ""
    if reason in {Reason.CRASH_LOOP, Reason.CREATION_REFUSED, Reason.NEVER_READY}:
        return (
            f"; your image {variant.image} runs as user {APPLICATION_USER} with a read-only root "
            "file system (/tmp is writable), as Pod Security restricted asks, so one that needs "
            f"root cannot run, and it must answer GET {variant.readiness_path} on port "
            f"{variant.port} with a status from 200 to 399"
        )
    if reason is Reason.UNSCHEDULABLE and not variant.has_instruments:
        return (
            "; besides resources.service the pod asks for resources.meter.cpu for the meter, "
            "which an image with an instrumentsPort and placement.serviceCpu Shared do without"
        )
    return ""


def build_own_container(
    context: Context, variant: ResolvedVariant, image: str, environment: list[Manifest]
) -> Manifest:
    """Return the container of the image, but for its resources."""
    ports = [{"name": "http", "containerPort": variant.port}]
    if variant.instruments_port is not None:
        ports.append({"name": "instruments", "containerPort": variant.instruments_port})
    return {
        "name": Component.SERVICE.value,
        **build_image(variant.pod, image, context.images.pull_policy),
        **({"command": list(variant.command)} if variant.command else {}),
        "securityContext": CONTAINER_SECURITY,
        "terminationMessagePolicy": "FallbackToLogsOnError",  # for the diagnosis of one that fails
        **build_env_from(variant.env_from),
        "env": environment,
        "ports": ports,
        "readinessProbe": http_probe(
            variant.readiness_path,
            variant.port,
            period=1,
            https=variant.https is not None,
            headers=readiness_headers(context.spec),
        ),
        "volumeMounts": [
            SCRATCH_MOUNT,
            *build_certificate(variant.https)[1],
            *build_files(variant.files)[1],
        ],
    }


def build_meter(context: Context, variant: ResolvedVariant, run: Run) -> Manifest:
    """Return the container that meters the one beside it, which it knows by the run's name."""
    # In a Guaranteed pod a fraction keeps it off the service's CPUs: only whole ones are owned.
    amounts = context.spec.resources.of(METER)
    return {
        "name": METER,
        **context.pulled(context.images.services),
        "command": ["python", "-m", METER_MODULE],
        "securityContext": CONTAINER_SECURITY,
        "env": env(INSTRUMENTS_PORT=variant.snapshot_port, RUN_ID=run.name),
        "ports": [{"name": "instruments", "containerPort": variant.snapshot_port}],
        "resources": guaranteed(amounts) if context.owns_cpus else limited(amounts),
    }
