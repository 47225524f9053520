"""Postgres: one per experiment, or a schema in a database that exists already."""

from loadlab.base.names import Component
from loadlab.plan.context import Context, Manifest
from loadlab.plan.pods import CONTAINER_SECURITY, SCRATCH, SCRATCH_MOUNT, limited, volume

DATABASE = "loadlab"
POSTGRES_PORT = 5432
MAX_CONNECTIONS = 100  # Postgres' own default, used where the settings say nothing
# All that LoadLab makes in an existing database lies in this schema, and nothing of the user's.
SCHEMA = "loadlab"


def postgres_environment(context: Context) -> list[Manifest]:
    """Return the variables by which a process finds Postgres; the address refers to the password.

    Where DATABASE_SCHEMA is set, the processes look for tables in that schema only.
    """
    existing = context.spec.postgres.secret_ref
    if existing is not None:
        reference = {"secretKeyRef": {"name": existing.name, "key": existing.key}}
        return [
            {"name": "DATABASE_URL", "valueFrom": reference},
            {"name": "DATABASE_SCHEMA", "value": SCHEMA},
        ]
    host = context.child_name(Component.POSTGRES)
    address = f"postgresql://{DATABASE}:$(POSTGRES_PASSWORD)@{host}:{POSTGRES_PORT}/{DATABASE}"
    return [
        context.credential("POSTGRES_PASSWORD", Component.POSTGRES),
        {"name": "DATABASE_URL", "value": address},
    ]


def postgres_pod(context: Context) -> Manifest:
    """Return the pod."""
    spec = context.spec
    settings = [
        argument
        for name, value in sorted(spec.postgres.settings.items())
        for argument in ("-c", f"{name}={value}")
    ]
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
            context.credential("POSTGRES_PASSWORD", Component.POSTGRES),
        ],
        "ports": [{"name": "postgres", "containerPort": POSTGRES_PORT}],
        # Over TCP, which the server answers only after its initialisation. Nothing that needs a
        # connection of its own: a server whose clients have taken all is ready, and has too many.
        "readinessProbe": {
            "exec": {"command": ["pg_isready", "-q", "-h", "127.0.0.1"]},
            "periodSeconds": 1,
            "timeoutSeconds": 5,
        },
        "resources": limited(spec.resources.of(Component.POSTGRES)),
        "volumeMounts": [
            {"name": "data", "mountPath": "/var/lib/postgresql/data"},
            {"name": "run", "mountPath": "/var/run/postgresql"},
            {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108 - inside the pod
            SCRATCH_MOUNT,
        ],
    }
    volumes = [
        volume("data", "20Gi"),  # the full data set has 2 GB, and its log may have another
        volume("run", "16Mi"),
        # Parallel queries, index builds and vacuums share memory; a container's own has 64 MB only.
        volume("shared-memory", spec.resources.of(Component.POSTGRES).memory or "1Gi", "Memory"),
        SCRATCH,
    ]
    return {"terminationGracePeriodSeconds": 10, "containers": [container], "volumes": volumes}
