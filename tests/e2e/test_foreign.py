"""Beside an application of the same name: nothing that is not LoadLab's is written or deleted."""

import json
import time
from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.cluster_tools import VALUES, Lab, condition, eventually, get
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.anywhere]

MARK = {"part-of": "the-shop"}
STATEFUL_SET, DEPLOYMENT = "statefulset/shop-postgres", "deployment/ship-steward"
FOREIGN = [
    *(STATEFUL_SET, "service/shop-postgres", "secret/shop-stores"),
    *(DEPLOYMENT, "service/ship-steward"),
    "service/cart-postgres",
]
EXPERIMENTS = ("shop", "ship", "cart")
SPEC = {
    "workload": "select",
    "variants": [{"name": "asyncpg"}],
    "factors": {"virtualUsers": [2]},
    "replicates": 1,
    "load": {"duration": "2s", "warmup": "0s"},
    "postgres": {"scale": 0.001},
}


@pytest.fixture
def application(lab: Lab) -> Iterator[dict[str, str]]:
    """The application's objects, as they are once its controllers have come to rest."""
    for name in EXPERIMENTS:
        lab.delete(name)
        _wait_until_children_are_gone(lab, name)
    _remove(lab)
    lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(_manifests()))
    for controller in (STATEFUL_SET, DEPLOYMENT):
        lab.kubectl("rollout", "status", controller, "--timeout=60s")
    yield eventually(lambda: _at_rest(lab), 60, "an application at rest", every=0)
    for name in EXPERIMENTS:
        lab.delete(name)
    _remove(lab)


def test_an_application_stays_byte_for_byte_what_it_was(lab: Lab, application: dict[str, str]):
    """Its objects have the names that children of the experiments would have without a hash."""
    for name in EXPERIMENTS:
        lab.submit(name, **SPEC)
    found = _differences_until_all_are_over(lab, application)
    phases = {name: lab.status(name)["phase"] for name in EXPERIMENTS}
    reasons = {name: condition(lab.status(name), "Finished") for name in EXPERIMENTS}
    time.sleep(5)  # what a deletion sets in motion shows within seconds
    found += _differences(lab, application, "after the experiments")
    for name in EXPERIMENTS:
        lab.delete(name)
        _wait_until_children_are_gone(lab, name)
    found += _differences(lab, application, "after their deletion")

    print("\n".join(found))
    assert found == []
    assert phases == dict.fromkeys(EXPERIMENTS, "Succeeded"), reasons


def _wait_until_children_are_gone(lab: Lab, name: str) -> None:
    eventually(lambda: not lab.leftovers(name), 60, f"{name}'s children gone")


def _differences_until_all_are_over(lab: Lab, before: dict[str, str]) -> list[str]:
    """Each difference once, in the order in which they came."""
    found: list[str] = []
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and not _are_over(lab):
        seen = _differences(lab, before, "while the experiments run")
        found += [line for line in seen if line not in found]
        time.sleep(0.2)
    return found


def _are_over(lab: Lab) -> bool:
    states = [condition(lab.status(name), "Finished").get("status") for name in EXPERIMENTS]
    return states == ["True"] * len(EXPERIMENTS)


def _differences(lab: Lab, before: dict[str, str], when: str) -> list[str]:
    now = _objects(lab)
    return [
        f"{when}: {name} {_what_changed(text, now.get(name))}"
        for name, text in before.items()
        if now.get(name) != text
    ]


def _what_changed(before: str, now: str | None) -> str:
    if now is None:
        return "is gone"
    old, new = (_leaves(json.loads(text)) for text in (before, now))
    fields = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return "differs: " + ", ".join(f"{f}: {old.get(f)} → {new.get(f)}" for f in fields)


def _leaves(value: object, path: str = "") -> dict[str, object]:
    """Each scalar of a document by its path."""
    if not isinstance(value, dict | list) or not value:
        return {path: value}
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return {k: v for key, part in pairs for k, v in _leaves(part, f"{path}.{key}").items()}


def _at_rest(lab: Lab) -> dict[str, str]:
    """The objects, if two seconds change nothing in them."""
    first = _objects(lab)
    time.sleep(2)
    return first if set(FOREIGN) < first.keys() and first == _objects(lab) else {}


def _objects(lab: Lab) -> dict[str, str]:
    """Every object of the application with its resourceVersion, its pods among them, as JSON."""
    kinds = "statefulsets,deployments,replicasets,pods,services,secrets"
    label = ",".join(f"{key}={value}" for key, value in MARK.items())
    items = get("-n", lab.namespace, kinds, "-l", label)["items"]
    return {f"{i['kind'].lower()}/{i['metadata']['name']}": _text_of(i) for i in items}


def _text_of(item: Json) -> str:
    item["metadata"].pop("managedFields", None)
    return json.dumps(item, sort_keys=True)


def _remove(lab: Lab) -> None:
    lab.kubectl("delete", "--ignore-not-found", "--wait", *FOREIGN)
    eventually(lambda: not _objects(lab), 60, "the application gone")


def _manifests() -> list[Json]:
    return [
        _controller("StatefulSet", "shop-postgres", serviceName="shop-postgres"),
        *(_service(name) for name in ("shop-postgres", "ship-steward", "cart-postgres")),
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "shop-stores", "labels": MARK},
            "stringData": {"postgres": "their own"},
        },
        _controller("Deployment", "ship-steward"),
    ]


def _service(name: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": MARK},
        "spec": {"selector": {"app": name}, "ports": [{"port": 5432}]},
    }


def _controller(kind: str, name: str, **more: object) -> Json:
    labels = MARK | {"app": name}
    image = yaml.safe_load(VALUES.read_text())["images"]["services"]
    container = {
        "name": "main",
        "image": f"{image['repository']}:{image['tag']}",
        "command": ["sleep", "infinity"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "containers": [container],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 0,
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template} | more
    metadata = {"name": name, "labels": MARK}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}
