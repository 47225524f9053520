"""Manifests of the steward and of the data set's Job, one each per experiment.

The steward prepares the stores before a trial, starts the generators together and accounts for
the work afterwards. It is no part of what is measured.
"""

import json
from collections.abc import Sequence

from loadlab.base.names import PODS_SUFFIX, STORES, Component, component_name
from loadlab.base.quantities import cpus
from loadlab.catalogue import Cell, Factor
from loadlab.plan.connections import highest_demand
from loadlab.plan.context import Context, Manifest
from loadlab.plan.layout import build_layout
from loadlab.plan.pods import (
    CONTAINER_SECURITY,
    INSTRUMENTS_PORT,
    STEWARD_PORT,
    STEWARD_TOKEN,
    STOPS_AT_ONCE,
    env,
    http_probe,
    limited,
    pod_template,
)
from loadlab.plan.stores import existing_stores, store_environment
from loadlab.plan.variants import ResolvedVariant, stores_of

FAREWELL_SECONDS = 20  # to take away what it has in stores of others: see `steward.farewell`


def build_steward(context: Context) -> list[Manifest]:
    """Return Service and Deployment of the steward."""
    metadata = context.metadata(Component.STEWARD)
    access = [
        context.credential(STEWARD_TOKEN, Component.STEWARD),
        *env(
            RUN_PREFIX=context.experiment.children_name,
            SNAPSHOT_TARGETS=json.dumps(_snapshot_targets(context)),
            **_snapshot_pods(context),
            **_allowed_cpus(context.spec.placement.foreign_cpu),
        ),
        *_existing_broker(context),
        *_owner(context),
    ]
    labels = context.labels(Component.STEWARD)
    container = {
        **_container(context, Component.STEWARD, stores_of(context.spec), access),
        "ports": [{"name": "http", "containerPort": STEWARD_PORT}],
        "readinessProbe": http_probe("/healthz", STEWARD_PORT, period=1),
    }
    pod = {
        **STOPS_AT_ONCE,
        "terminationGracePeriodSeconds": FAREWELL_SECONDS if _leaves_something(context) else 5,
        "containers": [container],
        **build_layout(context, Component.STEWARD),
        **context.pull_secrets(),
    }
    template = pod_template(Component.STEWARD, labels, context.spec, pod)
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {
                "selector": labels,
                "ports": [{"name": "http", "port": STEWARD_PORT}],
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
                "template": template,
            },
        },
    ]


def _allowed_cpus(given: str | None) -> dict[str, float]:
    """What others may use before a load begins, where the spec says it: the steward waits."""
    return {"FOREIGN_CPUS": cpus(given)} if given else {}


def _snapshot_targets(context: Context) -> Manifest:
    """Where the instruments of each variant are: the steward asks these addresses and no others."""
    run = "{run}"
    targets = {}
    namespace = context.experiment.metadata.namespace
    for variant in context.variants.values():
        for pods in _numbers_of_pods(context, variant):
            host = component_name(run, Component.SERVICE) + (PODS_SUFFIX if pods > 1 else "")
            worker = f"http://{component_name(run, Component.WORKER)}:{INSTRUMENTS_PORT}"
            known = {
                "service": variant.target(host, namespace).instruments,
                "worker": worker if variant.facts.worker else None,
            }
            found = {part: address for part, address in known.items() if address}
            targets[variant.target_name(pods)] = found
    return targets


def _snapshot_pods(context: Context) -> Manifest:
    """How many pods have to answer at an address of several; absent where each has one."""
    found = {
        variant.target_name(pods): pods
        for variant in context.variants.values()
        for pods in _numbers_of_pods(context, variant)
        if pods > 1
    }
    return {"SNAPSHOT_PODS": json.dumps(found)} if found else {}


def _numbers_of_pods(context: Context, variant: ResolvedVariant) -> list[int]:
    levels = context.spec.factors.levels(Factor.REPLICAS) or (variant.replicas,)
    return [level for level in levels if isinstance(level, int)]


def build_dataset(context: Context, cells: Sequence[Cell]) -> Manifest:
    """Return the Job that creates schema and data, and sees to it that the cells can connect."""
    labels = context.labels(Component.DATASET)
    variables = [
        *_existing_database(context, cells),
        *_existing_broker(context),
        *_owner(context),
    ]
    # The Job looks whether the existing ones may be used, before anything else does.
    stores = {Component.POSTGRES, *existing_stores(context.spec)}
    named = tuple(store for store in STORES if store in stores)
    container = _container(context, Component.DATASET, named, variables)
    pod = {
        **STOPS_AT_ONCE,
        "restartPolicy": "Never",
        "containers": [container],
        **context.pull_secrets(),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": context.metadata(Component.DATASET),
        # One retry: a Postgres that restarts in the middle must not end an experiment.
        "spec": {
            "backoffLimit": 1,
            "template": pod_template(Component.DATASET, labels, context.spec, pod),
        },
    }


def _existing_database(context: Context, cells: Sequence[Cell]) -> list[Manifest]:
    """What the Job must know of a database that is there already; how much it allows, it asks."""
    postgres = context.spec.postgres
    if postgres.secret_ref is None:
        return []
    demand = highest_demand(context.variants, cells)
    return env(OVERWRITE=str(postgres.overwrite).lower(), CONNECTIONS=demand.total if demand else 0)


def _owner(context: Context) -> list[Manifest]:
    """Whose the schema is in a database that others use: experiments of other clusters, maybe."""
    if not context.spec.postgres.is_existing:
        return []
    metadata = context.experiment.metadata
    return env(DATABASE_OWNER=f"{metadata.namespace}/{metadata.name} ({metadata.uid})")


def _existing_broker(context: Context) -> list[Manifest]:
    """Where a RabbitMQ that is there already tells of its queues."""
    if Component.RABBITMQ not in existing_stores(context.spec):
        return []
    return env(AMQP_METRICS_PORT=context.spec.rabbitmq.metrics_port)


def _leaves_something(context: Context) -> bool:
    return bool({Component.REDIS, Component.RABBITMQ} & set(existing_stores(context.spec)))


def _container(
    context: Context,
    component: Component,
    stores: tuple[Component, ...],
    variables: Sequence[Manifest],
) -> Manifest:
    spec = context.spec
    settings = env(WORKLOAD=spec.workload, SCALE=spec.postgres.scale, PORT=STEWARD_PORT)
    return {
        "name": component.value,
        **context.pulled(context.images.services),
        "command": ["python", "-m", f"loadlab_services.{component}"],
        "securityContext": CONTAINER_SECURITY,
        # What it said last outlives its log: the experiment's condition quotes it.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "env": [*settings, *variables, *store_environment(context, stores)],
        "resources": limited(spec.resources.of(component)),
    }
