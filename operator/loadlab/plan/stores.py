"""Manifests of the stores: one Postgres and one Redis per experiment."""

from loadlab.model.names import Component
from loadlab.plan.context import Context, Manifest
from loadlab.plan.pods import CONTAINER_SECURITY, SCRATCH, SCRATCH_MOUNT, limits, pod_template

DATABASE = "loadlab"
POSTGRES_PORT = 5432
REDIS_PORT = 6379
MAX_CONNECTIONS = 100  # Postgres' own default, used where the settings say nothing


def build_postgres(context: Context) -> list[Manifest]:
    """Return Service and StatefulSet of Postgres."""
    return _store(context, Component.POSTGRES, POSTGRES_PORT, _postgres_pod(context))


def build_redis(context: Context) -> list[Manifest]:
    """Return Service and StatefulSet of Redis."""
    return _store(context, Component.REDIS, REDIS_PORT, _redis_pod(context))


def store_environment(context: Context, *, postgres: bool, redis: bool) -> list[Manifest]:
    """Return the variables by which a process finds the stores. Passwords come first: they are
    referred to by the addresses.
    """
    variables: list[Manifest] = []
    if postgres:
        host = context.child_name(Component.POSTGRES)
        address = f"postgresql://{DATABASE}:$(POSTGRES_PASSWORD)@{host}:{POSTGRES_PORT}/{DATABASE}"
        variables += [
            context.password("POSTGRES_PASSWORD", "postgres"),
            {"name": "DATABASE_URL", "value": address},
        ]
    if redis:
        host = context.child_name(Component.REDIS)
        variables += [
            context.password("REDIS_PASSWORD", "redis"),
            {"name": "REDIS_URL", "value": f"redis://:$(REDIS_PASSWORD)@{host}:{REDIS_PORT}/0"},
        ]
    return variables


def _store(context: Context, component: Component, port: int, pod: Manifest) -> list[Manifest]:
    metadata = context.metadata(component)
    labels = context.labels(component)
    ports = [{"name": component.value, "port": port}]
    template = pod_template(component, labels, context.spec, pod | context.pull_secrets())
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
                "template": template,
            },
        },
    ]


def _postgres_pod(context: Context) -> Manifest:
    spec = context.spec
    settings = [
        argument
        for name, value in sorted(spec.postgres.settings.items())
        for argument in ("-c", f"{name}={value}")
    ]
    # Over TCP, which the server answers only after its initialisation, and into the database.
    probe = (
        f"pg_isready -q -h 127.0.0.1 && "
        f"psql -h /var/run/postgresql -U {DATABASE} -d {DATABASE} -qAtc 'SELECT 1'"
    )
    container = {
        "name": Component.POSTGRES.value,
        **context.pulled(spec.postgres.image or context.images.postgres),
        "args": ["postgres", *settings],
        "securityContext": CONTAINER_SECURITY,
        "env": [
            {"name": "POSTGRES_USER", "value": DATABASE},
            {"name": "POSTGRES_DB", "value": DATABASE},
            # A subdirectory: the volume itself belongs to root, and initdb must own its folder.
            {"name": "PGDATA", "value": "/var/lib/postgresql/data/pgdata"},
            context.password("POSTGRES_PASSWORD", "postgres"),
        ],
        "ports": [{"name": "postgres", "containerPort": POSTGRES_PORT}],
        "readinessProbe": {
            "exec": {"command": ["sh", "-c", probe]},
            "periodSeconds": 1,
            "timeoutSeconds": 5,
        },
        "resources": limits(spec.resources.postgres, memory="1Gi"),
        "volumeMounts": [
            {"name": "data", "mountPath": "/var/lib/postgresql/data"},
            {"name": "run", "mountPath": "/var/run/postgresql"},
            SCRATCH_MOUNT,
        ],
    }
    volumes = [{"name": "data", "emptyDir": {}}, {"name": "run", "emptyDir": {}}, SCRATCH]
    return {"terminationGracePeriodSeconds": 10, "containers": [container], "volumes": volumes}


def _redis_pod(context: Context) -> Manifest:
    spec = context.spec
    options = ["--appendonly", "yes", "--appendfsync", spec.redis.appendfsync.value]
    probe = "REDISCLI_AUTH=$REDIS_PASSWORD redis-cli ping | grep -q PONG"
    container = {
        "name": Component.REDIS.value,
        **context.pulled(spec.redis.image or context.images.redis),
        "args": ["redis-server", *options, "--requirepass", "$(REDIS_PASSWORD)"],
        "securityContext": CONTAINER_SECURITY,
        "env": [context.password("REDIS_PASSWORD", "redis")],
        "ports": [{"name": "redis", "containerPort": REDIS_PORT}],
        "readinessProbe": {
            "exec": {"command": ["sh", "-c", probe]},
            "periodSeconds": 1,
            "timeoutSeconds": 5,
        },
        "resources": limits(spec.resources.redis, memory="512Mi"),
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    volumes = [{"name": "data", "emptyDir": {}}]
    return {"terminationGracePeriodSeconds": 10, "containers": [container], "volumes": volumes}
