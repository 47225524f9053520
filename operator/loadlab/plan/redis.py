"""Redis: one per experiment, where a variant queues or caches in it."""

from loadlab.base.names import Component
from loadlab.plan.context import Context, Manifest
from loadlab.plan.pods import CONTAINER_SECURITY, limited, volume

REDIS_PORT = 6379


def redis_environment(context: Context) -> list[Manifest]:
    """Return the variables by which a process finds Redis; the address refers to the password.

    Where REDIS_SPACE is set, all keys begin with it, and others than those are never touched.
    """
    existing = context.spec.redis.secret_ref
    if existing is not None:
        reference = {"secretKeyRef": {"name": existing.name, "key": existing.key}}
        return [
            {"name": "REDIS_URL", "valueFrom": reference},
            {"name": "REDIS_SPACE", "value": context.space},
        ]
    host = context.child_name(Component.REDIS)
    return [
        context.credential("REDIS_PASSWORD", Component.REDIS),
        {"name": "REDIS_URL", "value": f"redis://:$(REDIS_PASSWORD)@{host}:{REDIS_PORT}/0"},
    ]


def redis_pod(context: Context) -> Manifest:
    """Return the pod."""
    spec = context.spec
    options = ["--appendonly", "yes", "--appendfsync", spec.redis.appendfsync.value]
    probe = "REDISCLI_AUTH=$REDIS_PASSWORD redis-cli ping | grep -q PONG"
    container = {
        "name": Component.REDIS.value,
        **context.pulled(spec.redis.image or context.images.redis),
        "args": ["redis-server", *options, "--requirepass", "$(REDIS_PASSWORD)"],
        "securityContext": CONTAINER_SECURITY,
        "env": [context.credential("REDIS_PASSWORD", Component.REDIS)],
        "ports": [{"name": "redis", "containerPort": REDIS_PORT}],
        "readinessProbe": {
            "exec": {"command": ["sh", "-c", probe]},
            "periodSeconds": 1,
            "timeoutSeconds": 5,
        },
        "resources": limited(spec.resources.of(Component.REDIS)),
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    volumes = [volume("data", "10Gi")]
    return {"terminationGracePeriodSeconds": 10, "containers": [container], "volumes": volumes}
