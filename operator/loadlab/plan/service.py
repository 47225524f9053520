"""Manifests of the service under test and of its queue worker, anew for every run."""

from loadlab.model.names import Component
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.placement import ServiceCpu
from loadlab.plan.context import Context, Manifest, Run
from loadlab.plan.own_image import (
    READINESS_PATH,
    OwnImage,
    build_meter,
    build_own_container,
    own_image,
    variant_of,
)
from loadlab.plan.pods import (
    CONTAINER_SECURITY,
    HTTP_PORT,
    INSTRUMENTS_PORT,
    SCRATCH,
    STOPS_AT_ONCE,
    env,
    http_probe,
    limits,
    owned_cpus,
    pod_template,
)
from loadlab.plan.stores import store_environment
from loadlab.plan.variants import facts_of, workload_of

GRACE_SECONDS = 15  # uvicorn lets requests in flight end for 10 s, and then needs a moment


def build_service(context: Context, run: Run) -> list[Manifest]:
    """Return Service and Deployment of the service under test."""
    own = own_image(context.spec, run.cell.variant)
    if own is not None:
        return _build_own_service(context, run, own)
    container = {
        **_container(context, run, "loadlab_services.programs.serve"),
        "ports": [
            {"name": "http", "containerPort": HTTP_PORT},
            {"name": "instruments", "containerPort": INSTRUMENTS_PORT},
        ],
        "readinessProbe": http_probe(READINESS_PATH, HTTP_PORT, period=1),
        "resources": _service_resources(context.spec),
    }
    ports = [
        {"name": "http", "port": HTTP_PORT},
        {"name": "instruments", "port": INSTRUMENTS_PORT},
    ]
    pod = {**STOPS_AT_ONCE, "containers": [container]}
    return _deployed(context, run, Component.SERVICE, pod, ports)


def _build_own_service(context: Context, run: Run, own: OwnImage) -> list[Manifest]:
    """Build the same for an image of the user's own, which has its own ports."""
    container = {
        **build_own_container(context, own, _environment(context, run)),
        "resources": _service_resources(context.spec),
    }
    meter = [] if own.has_instruments else [build_meter(context, own)]
    ports = [
        {"name": "http", "port": own.port},
        {"name": "instruments", "port": own.snapshot_port},
    ]
    pod = {
        # The meter looks at the processes beside it. Alone an image may count on being the first.
        **({"shareProcessNamespace": True} if meter else {}),
        "containers": [container, *meter],
        "volumes": [SCRATCH],
    }
    return _deployed(context, run, Component.SERVICE, pod, ports)


def _service_resources(spec: LoadExperimentSpec) -> Manifest:
    amounts = spec.resources.service
    exclusive = spec.placement.service_cpu is ServiceCpu.EXCLUSIVE
    return owned_cpus(amounts) if exclusive else limits(amounts, memory="1Gi")


def build_worker(context: Context, run: Run) -> list[Manifest]:
    """Return Service and Deployment of the queue worker; nothing where the variant has none."""
    module = facts_of(context.spec, run.cell.variant).worker
    if module is None:
        return []
    container = {
        **_container(context, run, module),
        "ports": [{"name": "instruments", "containerPort": INSTRUMENTS_PORT}],
        "resources": limits(context.spec.resources.worker, memory="512Mi"),
    }
    ports = [{"name": "instruments", "port": INSTRUMENTS_PORT}]
    pod = {**STOPS_AT_ONCE, "containers": [container]}
    return _deployed(context, run, Component.WORKER, pod, ports)


def _container(context: Context, run: Run, module: str) -> Manifest:
    return {
        "name": module.rsplit(".", 1)[1].replace("_", "-"),
        **context.pulled(context.images.services),
        "command": ["python", "-m", module],
        "securityContext": CONTAINER_SECURITY,
        "env": _environment(context, run),
    }


def _environment(context: Context, run: Run) -> list[Manifest]:
    spec, cell = context.spec, run.cell
    variant, own = variant_of(spec, cell.variant), own_image(spec, cell.variant)
    settings: dict[str, str | int | None] = {
        "WORKLOAD": spec.workload,
        "VARIANT": cell.variant,
        "RUN_ID": run.name,
        "PORT": own.port if own else HTTP_PORT,
        "INSTRUMENTS_PORT": own.instruments_port if own else INSTRUMENTS_PORT,
        "READINESS_PATH": own.readiness_path if own else None,
        "SERVER": variant.server.value if variant.server else None,
    }
    settings |= {f.facts.variable: level for f, level in cell.levels() if f.facts.variable}
    settings |= {variable.name: variable.value for variable in variant.env}
    values = {name: value for name, value in settings.items() if value is not None}
    stores = store_environment(context, workload_of(spec).stores(cell.variant))
    return [*env(**values), *stores]


def _deployed(
    context: Context, run: Run, component: Component, pod: Manifest, ports: list[Manifest]
) -> list[Manifest]:
    metadata = context.metadata(component, run)
    labels = context.labels(component, run)
    whole_pod = {
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        **pod,
        **context.pull_secrets(),
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
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": labels},
                "template": pod_template(component, labels, context.spec, whole_pod),
            },
        },
    ]
