"""Secrets that a run's pods are given: one that is another than before is in no comparison."""

from typing import Any

import pytest

from loadlab.kube.api import Manifest
from tests.reconcile.laboratory import Laboratory

KEYS = {"name": "keys", "key": "api"}
PLAIN: Manifest = {"duration": "5s", "warmup": "1s", "settling": "0s", "request": {"path": "/"}}
SPEC: dict[str, Any] = {
    "workload": "custom",
    "variants": [{"name": "mine", "image": "mine:1"}],
    "factors": {"virtualUsers": [10]},
    "load": PLAIN,
    "replicates": 3,
}
OLD, NEW = "a" * 18, "b" * 18


def own(**fields: Any) -> dict[str, Any]:
    return SPEC | {"variants": [{"name": "mine", "image": "mine:1"} | fields]}


def asking(**request: Any) -> dict[str, Any]:
    return SPEC | {"load": PLAIN | {"request": {"path": "/"} | request}}


PLACES: dict[str, dict[str, Any]] = {
    "env": own(env=[{"name": "A", "valueFrom": {"secretKeyRef": KEYS}}]),
    "envFrom": own(envFrom=[{"secretRef": {"name": "keys"}}]),
    "files": own(files=[{"path": "/etc/key", "secretKeyRef": KEYS}]),
    "https.secretName": own(https={"secretName": "keys"}),
    "https.ca": own(https={"ca": {"secretKeyRef": KEYS}}),
    "headersFrom": asking(headersFrom=[{"name": "X-Key", "secretKeyRef": KEYS}]),
    "env of a script": SPEC
    | {
        "load": {name: it for name, it in PLAIN.items() if name != "request"}
        | {
            "script": {
                "configMap": {"name": "load"},
                "env": [{"name": "A", "valueFrom": {"secretKeyRef": KEYS}}],
            }
        }
    },
    "postgres.secretRef": SPEC
    | {
        "workload": "select",
        "variants": [{"name": "sync"}],
        "load": {name: it for name, it in PLAIN.items() if name != "request"},
        "postgres": {"mode": "Existing", "secretRef": KEYS},
    },
}


RENEWED = {name: PLACES.pop(name) for name in ("https.secretName", "https.ca", "headersFrom")}
EVERY = PLACES | RENEWED


def attempts(lab: Laboratory) -> list[Manifest]:
    trials = lab.trials().values()
    return [record for trial in trials for record in trial["status"].get("formerAttempts") or ()]


def changed_after(lab: Laboratory, trials: int, **spec: Any) -> None:
    """Somebody changes the Secret as soon as so many trials were begun."""
    lab.cluster.digest_of = lambda *_: OLD if len(lab.trials()) <= trials else NEW
    lab.submit(**spec)


@pytest.mark.parametrize("spec", PLACES.values(), ids=PLACES)
async def test_one_that_changes_between_two_trials_ends_the_experiment(spec):
    lab = Laboratory()
    changed_after(lab, 1, **spec)

    status = await lab.run()

    first = next(iter(lab.trials()))
    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "InputsChanged")
    assert f"the Secret keys was changed since trial {first} began" in failed["message"]
    assert "immutable: true in the Secret" in failed["message"]
    assert len(lab.trials()) == 2


@pytest.mark.parametrize("spec", RENEWED.values(), ids=RENEWED)
async def test_a_token_or_a_certificate_that_is_renewed_is_on_record_and_ends_nothing(spec):
    lab = Laboratory()
    changed_after(lab, 1, **spec)

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert attempts(lab) == []
    found = [trial["status"]["secrets"]["keys"] for trial in lab.trials().values()]
    assert found == [OLD, NEW, NEW]


async def test_a_certificate_that_is_renewed_as_the_pods_of_a_run_begin_voids_nothing():
    lab = Laboratory()
    lab.cluster.digest_of = lambda pod, _: (
        OLD if pod["metadata"]["name"].endswith("a1-pod") else NEW
    )
    pods = {"replicas": [2], "virtualUsers": [10]}
    lab.submit(**RENEWED["https.secretName"] | {"factors": pods, "replicates": 1})

    assert (await lab.run())["phase"] == "Succeeded"
    assert attempts(lab) == []


async def test_where_a_service_is_given_of_it_too_it_must_stay_as_it_is():
    lab = Laboratory()
    changed_after(lab, 1, **PLACES["env"] | {"load": RENEWED["headersFrom"]["load"]})

    await lab.run()

    assert lab.condition("Failed")["reason"] == "InputsChanged"


async def test_what_an_earlier_release_noted_is_compared_with_nothing():
    """Its digests were made another way: an upgrade is no change of a Secret."""
    lab = Laboratory()
    lab.cluster.digest_of = lambda *_: OLD
    lab.submit(**PLACES["env"])
    for _ in range(100):
        await lab.step()
        for trial in lab.trials().values():
            if len(lab.trials()) == 1 and trial.get("status", {}).get("secrets"):
                trial["status"]["secrets"] = {"keys": "c" * 16}

    assert lab.status()["phase"] == "Succeeded"
    assert [t["status"]["secrets"]["keys"] for t in lab.trials().values()] == ["c" * 16, OLD, OLD]


@pytest.mark.parametrize("spec", EVERY.values(), ids=EVERY)
async def test_one_that_stays_as_it_is_is_on_record_and_read_by_nobody(spec):
    lab = Laboratory()
    changed_after(lab, 9, **spec)

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    found = [trial["status"]["secrets"] for trial in lab.trials().values()]
    assert found == [{"keys": OLD}] * 3
    assert not any(call.startswith("get SECRET keys") for call in lab.cluster.calls)


async def test_one_that_another_variant_was_given_counts_as_well():
    env = [{"name": "A", "valueFrom": {"secretKeyRef": KEYS}}]
    variants = [{"name": name, "image": f"{name}:1", "env": env} for name in ("mine", "other")]
    lab = Laboratory()
    changed_after(lab, 1, **SPEC | {"variants": variants, "replicates": 1})

    await lab.run()

    assert lab.condition("Failed")["reason"] == "InputsChanged"


async def test_one_that_changes_as_the_pods_of_a_run_begin_voids_the_attempt():
    """Half of the service was given the former one; before there is a result it is tried again."""
    lab = Laboratory()
    lab.cluster.digest_of = lambda pod, _: (
        OLD if pod["metadata"]["name"].endswith("a1-pod") else NEW
    )
    pods = {"replicas": [2], "virtualUsers": [10]}
    lab.submit(**PLACES["env"] | {"factors": pods, "replicates": 1})

    status = await lab.run()

    (former,) = attempts(lab)
    assert former["reason"] == "InputsChanged"
    assert former["message"] == "the Secret keys was changed while the pods of the run began"
    assert status["phase"] == "Succeeded"


@pytest.mark.parametrize("said", ["", "no digest", "a" * 16, "a" * 17, f"{OLD},{NEW}"])
async def test_what_is_no_digest_of_a_secret_is_compared_with_nothing(said):
    lab = Laboratory()
    lab.cluster.digest_of = lambda *_: said if len(lab.trials()) % 2 else OLD
    lab.submit(**PLACES["env"])

    assert (await lab.run())["phase"] == "Succeeded"
    assert attempts(lab) == []


async def test_without_a_secret_nothing_is_noted():
    lab = Laboratory()
    changed_after(lab, 1, **SPEC)

    assert (await lab.run())["phase"] == "Succeeded"
    assert not any("secrets" in trial["status"] for trial in lab.trials().values())


async def test_an_image_that_cannot_be_pulled_for_it_is_named():
    lab = Laboratory()
    lab.submit(**PLACES["env"] | {"timeouts": {"ready": "10s"}})
    waits = {"waiting": {"reason": "ErrImagePull"}}
    later = {"waiting": {"reason": "PodInitializing"}}
    lab.cluster.fault_of = lambda pod: (
        {
            "phase": "Pending",
            "initContainerStatuses": [{"name": "inputs", "state": waits}],
            "containerStatuses": [{"name": "service", "state": later}],
        }
        if pod["metadata"]["labels"]["loadlab.dev/component"] == "service"
        else None
    )

    await lab.run()

    assert lab.condition("Failed")["reason"] == "ImagePullFailed"
    assert "image services:1 cannot be pulled" in lab.condition("Failed")["message"]
