"""Manifests of the service under test and of its queue worker, anew for every run."""

from loadlab.model.components import ServiceCpu
from loadlab.model.factors import EnvVar
from loadlab.model.names import Component
from loadlab.plan.catalogue import facts, is_queued
from loadlab.plan.context import Context, Manifest, Run
from loadlab.plan.pods import (
    CONTAINER_SECURITY,
    HTTP_PORT,
    INSTRUMENTS_PORT,
    SCRATCH,
    SCRATCH_MOUNT,
    env,
    http_probe,
    limits,
    owned_cpus,
    pod_template,
)
from loadlab.plan.stores import store_environment

GRACE_SECONDS = 15  # uvicorn lets requests in flight end for 10 s, and then needs a moment


def build_service(context: Context, run: Run) -> list[Manifest]:
    """Return Service and Deployment of the service under test."""
    spec = context.spec
    exclusive = spec.placement.service_cpu is ServiceCpu.EXCLUSIVE
    amounts = spec.resources.service
    container = {
        **_container(context, run, "loadlab_services.serve"),
        "ports": [
            {"name": "http", "containerPort": HTTP_PORT},
            {"name": "instruments", "containerPort": INSTRUMENTS_PORT},
        ],
        "readinessProbe": http_probe("/healthz", HTTP_PORT, period=1),
        "resources": owned_cpus(amounts) if exclusive else limits(amounts, memory="1Gi"),
    }
    ports = {"http": HTTP_PORT, "instruments": INSTRUMENTS_PORT}
    return _deployed(context, run, Component.SERVICE, container, ports)


def build_worker(context: Context, run: Run) -> list[Manifest]:
    """Return Service and Deployment of the queue worker; nothing where the variant has none."""
    if not is_queued(context.spec.workload, run.cell.variant):
        return []
    container = {
        **_container(context, run, "loadlab_services.worker"),
        "ports": [{"name": "instruments", "containerPort": INSTRUMENTS_PORT}],
        "resources": limits(context.spec.resources.worker, memory="512Mi"),
    }
    return _deployed(context, run, Component.WORKER, container, {"instruments": INSTRUMENTS_PORT})


def _container(context: Context, run: Run, module: str) -> Manifest:
    return {
        "name": module.rsplit(".", 1)[1],
        **context.pulled(context.images.services),
        "command": ["python", "-m", module],
        "securityContext": CONTAINER_SECURITY,
        "env": _environment(context, run),
        "volumeMounts": [SCRATCH_MOUNT],
    }


def _environment(context: Context, run: Run) -> list[Manifest]:
    spec, cell = context.spec, run.cell
    known = facts(spec.workload)
    settings = {
        "WORKLOAD": spec.workload.value,
        "VARIANT": cell.variant,
        "RUN_ID": run.name,
        "PORT": HTTP_PORT,
        "INSTRUMENTS_PORT": INSTRUMENTS_PORT,
        "WORKERS": cell.workers,
        "POOL_SIZE": cell.pool_size,
        "CONSUMERS": cell.consumers,
        "BATCH_SIZE": cell.batch_size,
    }
    own = {v.name: v.value for v in _variant_environment(context, cell.variant)}
    values = {name: value for name, value in settings.items() if value is not None} | own
    queued = is_queued(spec.workload, cell.variant)
    stores = store_environment(
        context, postgres=known.has_postgres, redis=known.has_redis and queued
    )
    return [*env(**values), *stores]


def _variant_environment(context: Context, variant: str) -> tuple[EnvVar, ...]:
    return next(v.env for v in context.spec.variants if v.name == variant)


def _deployed(
    context: Context, run: Run, component: Component, container: Manifest, ports: dict[str, int]
) -> list[Manifest]:
    metadata = context.metadata(component, run)
    labels = context.labels(component, run)
    pod = {
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "containers": [container],
        "volumes": [SCRATCH],
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
                "ports": [{"name": name, "port": port} for name, port in ports.items()],
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
                "template": pod_template(component, labels, context.spec, pod),
            },
        },
    ]
