"""The stores of an experiment: which are deployed, and how a process finds them."""

from loadlab.base.names import Component
from loadlab.model.spec import LoadExperimentSpec
from loadlab.plan.context import Context, Manifest
from loadlab.plan.layout import build_layout
from loadlab.plan.pods import pod_template
from loadlab.plan.postgres import MAX_CONNECTIONS, postgres_environment, postgres_pod
from loadlab.plan.rabbitmq import rabbitmq_environment, rabbitmq_pod
from loadlab.plan.redis import redis_environment, redis_pod
from loadlab.plan.variants import stores_of

__all__ = [
    "MAX_CONNECTIONS",
    "build_store",
    "deployed_stores",
    "existing_stores",
    "store_environment",
]

_PODS = {
    Component.POSTGRES: postgres_pod,
    Component.REDIS: redis_pod,
    Component.RABBITMQ: rabbitmq_pod,
}
_ENVIRONMENTS = {
    Component.POSTGRES: postgres_environment,
    Component.REDIS: redis_environment,
    Component.RABBITMQ: rabbitmq_environment,
}


def deployed_stores(spec: LoadExperimentSpec) -> tuple[Component, ...]:
    """Return the stores that are deployed: those needed, but none beside an existing one."""
    brought = existing_stores(spec)
    return tuple(store for store in stores_of(spec) if store not in brought)


def existing_stores(spec: LoadExperimentSpec) -> tuple[Component, ...]:
    """Return the stores that are needed and are there already: others may use them, too."""
    is_existing = {
        Component.POSTGRES: spec.postgres.is_existing,
        Component.REDIS: spec.redis.is_existing,
        Component.RABBITMQ: spec.rabbitmq.is_existing,
    }
    return tuple(store for store in stores_of(spec) if is_existing[store])


def build_store(context: Context, store: Component) -> list[Manifest]:
    """Return Service and StatefulSet of a store; its ports are those of its container."""
    metadata, labels = context.metadata(store), context.labels(store)
    pod = _PODS[store](context)
    (container,) = pod["containers"]
    placed = pod | build_layout(context, store) | context.pull_secrets()
    ports = [{"name": p["name"], "port": p["containerPort"]} for p in container["ports"]]
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": ports},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": metadata,
            "spec": {
                "serviceName": metadata["name"],
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": pod_template(store, labels, context.spec, placed),
            },
        },
    ]


def store_environment(context: Context, stores: tuple[Component, ...]) -> list[Manifest]:
    """Return the variables by which a process finds the stores."""
    return [variable for store in stores for variable in _ENVIRONMENTS[store](context)]
