"""A service that runs already: measured where it is, and nothing of it changed."""

import json
from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.cluster_tools import SAMPLES, Lab, condition, eventually
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.anywhere]

SHOP = "running-shop"
KINDS = ("service", "endpointslice", "deployment", "replicaset", "pod")
SPEC: Json = yaml.safe_load((SAMPLES / "own" / "running.yaml").read_text())["spec"]
CONTAINER: Json = {
    "name": "app",
    "image": "localhost/loadlab/own-service:dev",
    "ports": [{"containerPort": 8000}],
    "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8000}, "periodSeconds": 1},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}
OBJECTS: tuple[Json, ...] = (
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": SHOP, "labels": {"app": SHOP}},
        "spec": {
            "selector": {"matchLabels": {"app": SHOP}},
            "template": {
                "metadata": {"labels": {"app": SHOP}},
                "spec": {"containers": [CONTAINER], "terminationGracePeriodSeconds": 1},
            },
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": SHOP, "labels": {"app": SHOP}},
        "spec": {"selector": {"app": SHOP}, "ports": [{"port": 80, "targetPort": 8000}]},
    },
)


@pytest.fixture
def shop(lab: Lab) -> Iterator[Lab]:
    """Somebody's Deployment and Service, ready."""
    for each in OBJECTS:
        lab.kubectl("apply", "-f", "-", stdin=json.dumps(each))
    lab.kubectl("rollout", "status", f"deployment/{SHOP}", "--timeout=60s")
    yield lab
    lab.kubectl("delete", "deployment,service", SHOP, "--ignore-not-found")


def versions(lab: Lab) -> dict[str, str]:
    text = lab.kubectl("get", ",".join(KINDS), "-l", f"app={SHOP}", "-o", "json")
    items = json.loads(text)["items"]
    return {
        f"{item['kind']} {item['metadata']['name']}": item["metadata"]["resourceVersion"]
        for item in items
    }


def test_it_is_measured_and_every_resource_version_stays(shop: Lab):
    before = versions(shop)
    assert {name.partition(" ")[0] for name in before} >= {"Service", "EndpointSlice", "Pod"}
    shop.submit("running", **SPEC)

    status = shop.wait("running", 180)

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert versions(shop) == before
    (row,) = status["results"]
    print(row["requestsPerSecond"], row["latencyMs"], row["reasons"])
    assert row["replicates"]["valid"] == 2
    assert row["failedRate"] == 0
    assert "service" not in row["cpuMicrosPerRequest"]
    assert any("nobody meters it" in reason for reason in row["reasons"])
    assert shop.leftovers("running") == []
    shop.delete("running")


def test_a_rolling_update_voids_the_attempt_and_is_waited_for(shop: Lab):
    load = SPEC["load"] | {"duration": "12s"}
    shop.submit("rolled", **SPEC | {"replicates": 1, "load": load, "retry": {"attempts": 3}})

    def attempt() -> Json | None:
        trials = shop.trials("rolled").values()
        running = (t["status"] for t in trials if t.get("status", {}).get("phase") == "Running")
        return next(running, None)

    eventually(attempt, 60, "a trial that runs")
    shop.kubectl("rollout", "restart", f"deployment/{SHOP}")
    status = shop.wait("rolled", 240)

    (trial,) = shop.trials("rolled").values()
    reasons = [former["reason"] for former in trial["status"]["formerAttempts"]]
    assert "ServiceChanged" in reasons
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    shop.delete("rolled")


def test_one_that_is_scaled_between_two_trials_is_another_service(shop: Lab):
    shop.submit("scaled", **SPEC | {"replicates": 3, "timeouts": {"ready": "30s"}})

    def is_over() -> bool:
        measured = (t for t in shop.trials("scaled").values() if t["spec"]["role"] == "Measured")
        return "Succeeded" in [t.get("status", {}).get("phase") for t in measured]

    eventually(is_over, 90, "a trial with a result")
    shop.kubectl("scale", f"deployment/{SHOP}", "--replicas=2")
    status = shop.wait("scaled", 240)

    failed = condition(status, "Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "InputsChanged"), failed
    assert "had 1 pods when trial" in failed["message"]
    assert status["environment"]["services"]["shop"]["pods"] == 1
    assert "sha256:" in status["environment"]["services"]["shop"]["containers"][0]["imageId"]
    shop.delete("scaled")


def test_a_wrong_path_of_readiness_ends_it_soon_with_what_was_answered(shop: Lab):
    variants = [SPEC["variants"][0] | {"readinessPath": "/nowhere"}]
    shop.submit("nowhere", **SPEC | {"variants": variants, "replicates": 5})

    status = shop.wait("nowhere", 90)

    failed = condition(status, "Failed")
    assert failed["reason"] == "NeverReady", failed
    assert "/nowhere gave 404" in failed["message"]
    assert len(shop.trials("nowhere")) == 1
    shop.delete("nowhere")


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"type": "ExternalName", "externalName": "kubernetes.default.svc"}, "is an ExternalName"),
        ({"clusterIP": "None", "selector": {"app": SHOP}}, "is headless"),
        ({}, "has no selector"),
    ],
)
def test_a_service_that_may_lead_elsewhere_is_not_asked(lab: Lab, service: Json, said: str):
    spec = service if "externalName" in service else service | {"ports": [{"port": 80}]}
    trap = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "trap"}, "spec": spec}
    lab.kubectl("apply", "-f", "-", stdin=json.dumps(trap))
    variants = [{"name": "trap", "service": {"name": "trap", "port": 80}}]
    lab.submit("trapped", **SPEC | {"variants": variants, "timeouts": {"ready": "10s"}})

    status = lab.wait("trapped", 90)
    lab.kubectl("delete", "service", "trap")

    failed = condition(status, "Failed")
    assert (failed["reason"], said in failed["message"]) == ("ServiceUnfit", True), failed
    lab.delete("trapped")


def test_a_host_that_is_not_on_the_list_is_refused(lab: Lab):
    variants = [{"name": "beyond", "url": "https://shop.example.com"}]
    lab.submit("beyond", **SPEC | {"variants": variants})

    status = lab.wait("beyond", 30)

    accepted = condition(status, "Accepted")
    assert accepted["status"] == "False"
    assert "url names shop.example.com:443" in accepted["message"]
    lab.delete("beyond")
