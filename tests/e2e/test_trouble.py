"""Deletion and failures on the real cluster: everything ends, nothing stays."""

import time

import pytest

from tests.e2e.cluster_tools import Lab, condition, eventually
from tests.manifests import Json

pytestmark = pytest.mark.e2e
NAP: Json = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [10], "virtualUsers": [4]},
    "replicates": 1,
    "load": {"duration": "30s", "warmup": "1s"},
}


@pytest.mark.parametrize("cascade", ["background", "foreground"])
def test_deletion_in_mid_trial_leaves_nothing(lab: Lab, cascade):
    lab.submit("gone", **NAP)
    eventually(lambda: lab.trials("gone"), 60, "a trial")
    started = time.monotonic()
    lab.kubectl("delete", "lexp", "gone", f"--cascade={cascade}")
    eventually(
        lambda: not lab.leftovers("gone", "secrets") and not lab.trials("gone"),
        30,
        "clean namespace",
    )

    print(f"{cascade}: nothing left {time.monotonic() - started:.1f} s after the deletion")


def test_terminate_keeps_the_results_and_frees_the_rest(lab: Lab):
    lab.delete("stopped")
    lab.submit("stopped", **NAP)
    eventually(lambda: lab.trials("stopped"), 60, "a trial")
    lab.kubectl("patch", "lexp", "stopped", "--type=merge", "-p", '{"spec": {"terminate": true}}')

    status = lab.wait("stopped", 40)

    assert status["phase"] == "Terminated"
    assert lab.leftovers("stopped") == []
    lab.delete("stopped")


def test_a_database_deleted_in_mid_trial_is_filled_again_and_the_run_repeated(lab: Lab):
    lab.delete("emptied")
    data = {"workload": "select", "variants": [{"name": "asyncpg"}], "postgres": {"scale": 0.001}}
    load = {"duration": "5s", "warmup": "1s"}
    lab.submit("emptied", **NAP | data | {"factors": {}, "load": load, "retry": {"attempts": 4}})
    eventually(lambda: lab.trials("emptied"), 60, "a trial")
    part = "loadlab.dev/experiment=emptied,loadlab.dev/component=postgres"
    lab.kubectl("delete", "pod", "-l", part, "--wait=false")

    status = lab.wait("emptied", 150)

    assert status["phase"] == "Succeeded"
    (trial,) = lab.trials("emptied").values()
    lost = trial["status"]["formerAttempts"][0]
    print(f"attempt 1: {lost['reason']}: {lost['message']}")
    assert lost["reason"] == "StoreRestarted"
    assert lab.leftovers("emptied") == []
    lab.delete("emptied")


TROUBLE: dict[str, Json] = {
    "ImagePullFailed": {
        "workload": "select",
        "variants": [{"name": "sync"}],
        "postgres": {"image": "localhost:9/no-such-postgres:1"},
        "timeouts": {"prepare": "10s"},
    },
    "Unschedulable": NAP
    | {
        "placement": {"serviceCpu": "Exclusive"},
        "resources": {"service": {"cpu": "64", "memory": "1Gi"}},
        "timeouts": {"ready": "8s"},
    },
    "OutOfMemory": NAP
    | {"resources": {"service": {"cpu": "1", "memory": "32Mi"}}, "timeouts": {"ready": "12s"}},
    "CrashLoop": NAP
    | {
        "variants": [{"name": "async", "env": [{"name": "THREAD_TOKENS", "value": "none"}]}],
        "timeouts": {"ready": "12s"},
    },
}


NO_KEY: Json = {"configMapKeyRef": {"name": "kube-root-ca.crt", "key": "no"}}
OWN: Json = {"name": "shop", "image": "localhost/loadlab/own-service:dev"}
MISSING: dict[str, tuple[Json, str]] = {
    "secret": (
        {"variants": [OWN | {"https": {"secretName": "not-there"}}]},
        "the Secret not-there (https.secretName) is not there",
    ),
    "key": (
        {
            "variants": [
                OWN
                | {"https": {"ca": {"configMapKeyRef": {"name": "kube-root-ca.crt", "key": "no"}}}}
            ]
        },
        "the ConfigMap kube-root-ca.crt (https.ca) has no key no",
    ),
}


@pytest.mark.parametrize("what", MISSING)
def test_what_is_mounted_and_missing_is_named_within_seconds_in_the_kubelets_words(lab: Lab, what):
    spec, says = MISSING[what]
    name = f"missing-{what}"
    lab.delete(name)
    request: Json = {"request": {"path": "/"}, "duration": "2s"}
    lab.submit(name, **NAP | {"workload": "custom", "factors": {}, "load": request} | spec)
    eventually(lambda: lab.trials(name), 60, "a trial")
    started = time.monotonic()

    def stalled() -> str:
        return str(condition(lab.status(name), "Stalled").get("message", ""))

    # The kubelet tries once a second at first, and its cache may be late by some.
    eventually(lambda: says in stalled(), 40, says)
    print(f"{what}: after {time.monotonic() - started:.1f} s: {stalled()}")
    lab.kubectl("patch", "lexp", name, "--type=merge", "-p", '{"spec": {"terminate": true}}')
    lab.wait(name, 60)
    lab.delete(name)


@pytest.mark.parametrize("reason", TROUBLE)
def test_each_trouble_ends_with_its_own_reason_in_time(lab: Lab, reason):
    name = reason.lower()
    lab.delete(name)
    lab.submit(name, **TROUBLE[reason])

    status = lab.wait(name, 60)

    assert status["phase"] == "Failed"
    said = condition(status, "Failed")
    print(f"{said['reason']}: {said['message']}")
    if reason == "OutOfMemory" and "exit code 137" in said["message"]:
        # The node saw the kill alone: containerd hears of memory by an event of its own.
        assert "when memory runs out (spec.resources.service.memory)" in said["message"]
    else:
        assert said["reason"] == reason
    assert lab.leftovers(name) == []
    lab.delete(name)
