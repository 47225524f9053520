"""Manifests of the service under test and of its queue worker, anew for every run."""

from loadlab.base.names import PODS_SUFFIX, Component
from loadlab.base.quantities import share_of
from loadlab.plan.context import Context, Manifest, Run
from loadlab.plan.environment import build_environment
from loadlab.plan.https import build_certificate
from loadlab.plan.layout import build_layout
from loadlab.plan.noted_secrets import with_noted_secrets
from loadlab.plan.own_files import build_files
from loadlab.plan.own_image import build_meter, build_own_container
from loadlab.plan.own_pod import build_identity, build_pull_secrets, marked
from loadlab.plan.pods import (
    CONTAINER_SECURITY,
    INSTRUMENTS_PORT,
    SCRATCH,
    STOPS_AT_ONCE,
    guaranteed,
    http_probe,
    limited,
    pod_template,
)
from loadlab.plan.service_cpus import service_cpu_of

GRACE_SECONDS = 15  # uvicorn lets requests in flight end for 10 s, and then needs a moment


def build_service(context: Context, run: Run) -> list[Manifest]:
    """Return Service and Deployment of the service under test; nothing where it runs already."""
    variant = context.variant(run.cell)
    if not variant.is_deployed:
        return []
    image = variant.image
    pod = _built_in_pod(context, run) if image is None else _own_pod(context, run, image)
    ports = [
        {"name": "http", "port": variant.port},
        {"name": "instruments", "port": variant.snapshot_port},
    ]
    pods = variant.pods_in(run.cell)
    noting = with_noted_secrets(context, pod)
    manifests = _deployed(context, run, Component.SERVICE, noting, ports, replicas=pods)
    deployed = manifests[-1]["spec"]
    deployed["template"] = marked(deployed["template"], variant.pod)
    return [*([] if pods == 1 else [_every_pod(context, run, ports[1:])]), *manifests]


def _every_pod(context: Context, run: Run, ports: list[Manifest]) -> Manifest:
    """A name with the address of each pod: the steward asks all of them, not any of them."""
    metadata = context.metadata(Component.SERVICE, run)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata | {"name": metadata["name"] + PODS_SUFFIX},
        "spec": {
            "clusterIP": "None",
            "selector": context.labels(Component.SERVICE, run),
            "publishNotReadyAddresses": True,
            "ports": ports,
        },
    }


def _built_in_pod(context: Context, run: Run) -> Manifest:
    variant = context.variant(run.cell)
    container = {
        **_container(context, run, Component.SERVICE, "loadlab_services.programs.serve"),
        "ports": [
            {"name": "http", "containerPort": variant.port},
            {"name": "instruments", "containerPort": variant.snapshot_port},
        ],
        "readinessProbe": http_probe(variant.readiness_path, variant.port, period=1),
        "resources": _service_resources(context, run),
    }
    return {**STOPS_AT_ONCE, "containers": [container]}


def _own_pod(context: Context, run: Run, image: str) -> Manifest:
    """An image of the user's own, which has its own ports."""
    variant = context.variant(run.cell)
    container = {
        **build_own_container(context, variant, image, build_environment(context, run)),
        "resources": _service_resources(context, run),
    }
    meter = [] if variant.has_instruments else [build_meter(context, variant, run)]
    return {
        # The meter looks at the processes beside it. Alone an image may count on being the first.
        **({"shareProcessNamespace": True} if meter else {}),
        "containers": [container, *meter],
        "volumes": [
            SCRATCH,
            *build_certificate(variant.https)[0],
            *build_files(variant.files)[0],
        ],
        **build_identity(variant.pod),
        **build_pull_secrets(variant.pod, context.images.pull_secrets),
    }


def _service_resources(context: Context, run: Run) -> Manifest:
    """Each pod's part of the CPUs; memory is needed by each."""
    given = context.spec.resources.of(Component.SERVICE)
    pods = context.variant(run.cell).pods_in(run.cell)
    whole = {"cpu": service_cpu_of(context.spec, run.cell), "cpu_request": given.cpu_request}
    shares = {name: share_of(amount, pods) for name, amount in whole.items() if amount is not None}
    amounts = given.model_copy(update=shares)
    return guaranteed(amounts) if context.owns_cpus else limited(amounts)


def build_worker(context: Context, run: Run) -> list[Manifest]:
    """Return Service and Deployment of the queue worker; nothing where the variant has none."""
    module = context.variant(run.cell).facts.worker
    if module is None:
        return []
    container = {
        **_container(context, run, Component.WORKER, module),
        "ports": [{"name": "instruments", "containerPort": INSTRUMENTS_PORT}],
        "resources": limited(context.spec.resources.of(Component.WORKER)),
    }
    ports = [{"name": "instruments", "port": INSTRUMENTS_PORT}]
    pod = {**STOPS_AT_ONCE, "containers": [container]}
    return _deployed(context, run, Component.WORKER, pod, ports)


def _container(context: Context, run: Run, component: Component, module: str) -> Manifest:
    return {
        "name": component.value,
        **context.pulled(context.images.services),
        "command": ["python", "-m", module],
        "securityContext": CONTAINER_SECURITY,
        "env": build_environment(context, run),
    }


def _deployed(
    context: Context,
    run: Run,
    component: Component,
    pod: Manifest,
    ports: list[Manifest],
    *,
    replicas: int = 1,
) -> list[Manifest]:
    metadata = context.metadata(component, run)
    labels = context.labels(component, run)
    whole_pod = {
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        **context.pull_secrets(),
        **build_layout(context, component, run),
        **pod,
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {
                "selector": labels,
                # The generator asks for readiness itself, sooner than a probe would tell.
                "publishNotReadyAddresses": True,
                "ports": ports,
            },
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "replicas": replicas,
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": labels},
                "template": pod_template(component, labels, context.spec, whole_pod),
            },
        },
    ]
