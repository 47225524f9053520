"""RabbitMQ: one per experiment, where a variant hands its work to Celery."""

from loadlab.base.names import Component
from loadlab.plan.context import Context, Manifest
from loadlab.plan.pods import CONTAINER_SECURITY, SCRATCH, SCRATCH_MOUNT, env, limited, volume

USER = "loadlab"
AMQP_PORT = 5672
METRICS_PORT = 15692
# Idle schedulers of Erlang spin for a while before they sleep. On a node of few cores that is CPU
# taken from the service and the generator beside it, so they sleep at once. Some releases of
# RabbitMQ ask for it themselves; images of one's own may be of any.
_NO_SPINNING = "+sbwt none +sbwtdcpu none +sbwtdio none"
# Erlang sees the machine's memory: without this the broker would hold producers back only when it
# had used 40 % of that, long after the kernel killed it for its limit.
_KNOWS_ITS_LIMIT = "-rabbit total_memory_available_override_value $(MEMORY_LIMIT)"

# Above this share of its limit the broker blocks all publishers until consumers have caught up. The
# default of 0.4 is for a machine shared with others; an empty broker alone has 150 MB.
_USES_ITS_LIMIT = "-rabbit vm_memory_high_watermark 0.7"
# The steward takes a queue for drained on such a report only; unless told, one comes every 5 s.
_REPORTS_OFTEN = "-rabbit collect_statistics_interval 500"
_ERLANG_ARGUMENTS = f"{_NO_SPINNING} {_KNOWS_ITS_LIMIT} {_USES_ITS_LIMIT} {_REPORTS_OFTEN}"


def rabbitmq_environment(context: Context) -> list[Manifest]:
    """Return the variables by which a process finds RabbitMQ; the address refers to the password.

    The path is that of the default virtual host. Where AMQP_SPACE is set, the names of all queues
    begin with it, and others than those are never touched.
    """
    existing = context.spec.rabbitmq.secret_ref
    if existing is not None:
        reference = {"secretKeyRef": {"name": existing.name, "key": existing.key}}
        return [
            {"name": "AMQP_URL", "valueFrom": reference},
            {"name": "AMQP_SPACE", "value": context.space},
        ]
    host = context.child_name(Component.RABBITMQ)
    address = f"amqp://{USER}:$(RABBITMQ_PASSWORD)@{host}:{AMQP_PORT}/"
    return [
        context.credential("RABBITMQ_PASSWORD", Component.RABBITMQ),
        {"name": "AMQP_URL", "value": address},
    ]


def rabbitmq_pod(context: Context) -> Manifest:
    """Return the pod."""
    spec = context.spec
    container = {
        "name": Component.RABBITMQ.value,
        **context.pulled(spec.rabbitmq.image or context.images.rabbitmq),
        "securityContext": CONTAINER_SECURITY,
        "env": _settings(context),
        "ports": [
            {"name": "amqp", "containerPort": AMQP_PORT},
            {"name": "metrics", "containerPort": METRICS_PORT},
        ],
        # The listener opens last, when the broker has booted and the user is there. Asking by
        # rabbitmq-diagnostics would start an Erlang machine each time: two seconds of CPU.
        "readinessProbe": {
            "tcpSocket": {"port": AMQP_PORT},
            "periodSeconds": 1,
            "timeoutSeconds": 5,
        },
        "resources": limited(spec.resources.of(Component.RABBITMQ)),
        "volumeMounts": [
            {"name": "data", "mountPath": "/var/lib/rabbitmq"},
            # It keeps a log of upgrades there, whatever RABBITMQ_LOGS says.
            {"name": "log", "mountPath": "/var/log/rabbitmq"},
            SCRATCH_MOUNT,
        ],
    }
    volumes = [volume("data", "10Gi"), volume("log", "256Mi"), SCRATCH]
    return {"terminationGracePeriodSeconds": 10, "containers": [container], "volumes": volumes}


def _settings(context: Context) -> list[Manifest]:
    limit = {"resourceFieldRef": {"resource": "limits.memory"}}
    return [
        # A name that every pod resolves by itself; the data directory is called after it.
        *env(RABBITMQ_NODENAME="rabbit@localhost", RABBITMQ_DEFAULT_USER=USER),
        context.credential("RABBITMQ_DEFAULT_PASS", Component.RABBITMQ),
        {"name": "MEMORY_LIMIT", "valueFrom": limit},
        *env(RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=_ERLANG_ARGUMENTS),
    ]
