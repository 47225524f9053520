"""A Redis and a RabbitMQ of somebody's own, with keys and queues of other programs in them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import yaml

from tests.e2e.cluster_tools import VALUES, Lab, eventually, kubectl
from tests.e2e.conftest import ensure_namespace
from tests.manifests import Json

SHOP = "shop"  # the namespace of which own/existing-stores.yaml speaks
KEYS = {"ingest:stream": "theirs", "ingest:accepted": "7", "loadlab": "theirs", "session:1": "x"}
RESTRICTED: Json = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
REDIS_USER = "lab on >change-me ~loadlab:* +@all -@dangerous +info"
RABBITMQ_FOLDERS = ["/var/lib/rabbitmq", "/var/log/rabbitmq", "/tmp"]
RABBITMQ_SETTINGS = {
    "RABBITMQ_NODENAME": "rabbit@localhost",
    "RABBITMQ_ENABLED_PLUGINS_FILE": "/var/lib/rabbitmq/enabled_plugins",
}
MAY_WRITE, MAY_READ = r"'^(loadlab:|amq\.default$)'", r"'^(loadlab:|amq\.direct$)'"
RABBITMQ_USER = (
    "rabbitmq-plugins enable rabbitmq_prometheus",
    "rabbitmqctl add_vhost shop",
    "rabbitmqctl add_user lab change-me",
    "rabbitmqctl set_permissions -p shop lab '^loadlab:' " + MAY_WRITE + " " + MAY_READ,
)


@contextmanager
def stores_of_their_own(lab: Lab) -> Iterator[None]:
    """Both stores as the head of the sample says; afterwards nothing of theirs has changed."""
    ensure_namespace(SHOP)
    shop = Lab(SHOP)
    try:
        shop.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(_objects()))
        shop.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=120s", timeout=150)
        for key, value in KEYS.items():
            _redis(shop, "set", key, value)
        _redis(shop, "acl", "setuser", *REDIS_USER.split())
        for command in RABBITMQ_USER:
            eventually(partial(_rabbitmq, shop, command), 60, command, every=2)
        before = _contents(shop)
        yield
        time.sleep(1)  # RabbitMQ tells of queues that are gone a little later
        assert _contents(shop) == before
    finally:
        kubectl("delete", "namespace", SHOP, "--wait", timeout=120)


def _contents(shop: Lab) -> list[str]:
    """Every key with its bytes, and every queue."""
    keys = sorted(_redis(shop, "keys", "*").split())
    dumps = [f"{key} {_redis(shop, '--no-raw', 'dump', key)}" for key in keys]
    return dumps + _rabbitmq(shop, "rabbitmqctl -q list_queues -p shop name").splitlines()


def _redis(shop: Lab, *words: str) -> str:
    return shop.kubectl("exec", "redis", "--", "redis-cli", *words)


def _rabbitmq(shop: Lab, line: str) -> str:
    said = shop.kubectl("exec", "rabbitmq", "--", "sh", "-c", line)
    return said or "done"


def _objects() -> Iterator[Json]:
    yield _pod("redis", {"args": ["redis-server", "--save", ""]}, ["/data"])
    settings = [{"name": name, "value": value} for name, value in RABBITMQ_SETTINGS.items()]
    probe = {"tcpSocket": {"port": 5672}, "periodSeconds": 1}
    broker = {"env": settings, "readinessProbe": probe}
    yield _pod("rabbitmq", broker, RABBITMQ_FOLDERS)
    for name, ports in (("redis", [6379]), ("rabbitmq", [5672, 15692])):
        listed = [{"name": f"p{port}", "port": port} for port in ports]
        spec = {"selector": {"app": name}, "ports": listed}
        yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _pod(name: str, container: Json, folders: list[str]) -> Json:
    """A plain pod, as restricted as the namespace demands."""
    image = yaml.safe_load(VALUES.read_text())["images"][name]
    mounts = [{"name": f"v{n}", "mountPath": path} for n, path in enumerate(folders)]
    user = {"runAsNonRoot": True, "runAsUser": 999, "runAsGroup": 999, "fsGroup": 999}
    whole = {
        "name": name,
        "image": f"{image['repository']}:{image['tag']}",
        "securityContext": RESTRICTED,
        "volumeMounts": mounts,
    }
    spec = {
        "containers": [whole | container],
        "securityContext": user | {"seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [{"name": f"v{n}", "emptyDir": {}} for n in range(len(folders))],
        "terminationGracePeriodSeconds": 1,
    }
    metadata = {"name": name, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
