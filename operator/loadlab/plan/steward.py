"""Manifests of the steward and of the data set's Job, one each per experiment.

The steward prepares the stores before a trial, starts the generators together and accounts for
the work afterwards. It is no part of what is measured.
"""

from loadlab.model.components import Amounts
from loadlab.model.names import Component
from loadlab.plan.catalogue import facts
from loadlab.plan.context import Context, Manifest
from loadlab.plan.pods import (
    CONTAINER_SECURITY,
    SCRATCH,
    SCRATCH_MOUNT,
    STEWARD_PORT,
    env,
    http_probe,
    limits,
    pod_template,
)
from loadlab.plan.stores import store_environment


def build_steward(context: Context) -> list[Manifest]:
    """Return Service and Deployment of the steward."""
    metadata = context.metadata(Component.STEWARD)
    labels = context.labels(Component.STEWARD)
    container = {
        **_container(context, "loadlab_services.steward"),
        "ports": [{"name": "http", "containerPort": STEWARD_PORT}],
        "readinessProbe": http_probe("/healthz", STEWARD_PORT, period=1),
    }
    pod = {"terminationGracePeriodSeconds": 5, "containers": [container], "volumes": [SCRATCH]}
    template = pod_template(Component.STEWARD, labels, context.spec, pod | context.pull_secrets())
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


def build_dataset(context: Context) -> Manifest:
    """Return the Job that creates schema and data."""
    labels = context.labels(Component.DATASET)
    pod = {
        "restartPolicy": "Never",
        "containers": [_container(context, "loadlab_services.dataset")],
        "volumes": [SCRATCH],
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


def _container(context: Context, module: str) -> Manifest:
    spec = context.spec
    known = facts(spec.workload)
    settings = env(WORKLOAD=spec.workload.value, SCALE=spec.postgres.scale, PORT=STEWARD_PORT)
    stores = store_environment(context, postgres=known.has_postgres, redis=known.has_redis)
    return {
        "name": module.rsplit(".", 1)[1],
        **context.pulled(context.images.services),
        "command": ["python", "-m", module],
        "securityContext": CONTAINER_SECURITY,
        "env": [*settings, *stores],
        "resources": limits(Amounts(), memory="256Mi"),
        "volumeMounts": [SCRATCH_MOUNT],
    }
