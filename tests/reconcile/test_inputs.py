"""ConfigMaps that an experiment is given: what changes while it runs is in no comparison."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from loadlab.kube.api import Kind, Manifest
from loadlab.kube.inputs import DIGITS
from loadlab.model.status.inputs import version_in
from tests.reconcile.laboratory import Laboratory

SPEC: dict[str, Any] = {
    "workload": "custom",
    "variants": [
        {"name": "mine", "image": "mine:1"},
        {
            "name": "other",
            "image": "other:1",
            "env": [
                {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "shop-env", "key": "a"}}}
            ],
        },
    ],
    "factors": {"virtualUsers": [10]},
    "load": {
        "duration": "5s",
        "warmup": "1s",
        "settling": "0s",
        "script": {"configMap": {"name": "shop-load"}},
    },
    "replicates": 2,
}
NAMES = ("shop-env", "shop-load")
VERSIONS = {"shop-env": "uid-shop-env/7", "shop-load": "uid-shop-load/7"}


def with_maps(*names: str) -> Laboratory:
    lab = Laboratory()
    for name in names:
        create(lab, name)
    lab.submit(**SPEC)
    return lab


def create(lab: Laboratory, name: str = "shop-load") -> None:
    metadata = {"name": name, "namespace": "lab", "uid": f"uid-{name}", "resourceVersion": "7"}
    item = {"kind": "ConfigMap", "metadata": metadata, "data": {"a": "1"}}
    lab.cluster.objects[Kind.CONFIG_MAP, "lab", name] = item


def label(lab: Laboratory, name: str = "shop-load", **metadata: str) -> Manifest:
    """Let somebody touch it, and nothing that is in it."""
    item = lab.cluster.objects[Kind.CONFIG_MAP, "lab", name]
    item["metadata"] |= {"resourceVersion": "8", "labels": {"team": "shop"}} | metadata
    return item


def change(lab: Laboratory, name: str = "shop-load") -> None:
    label(lab, name)["data"] = {"a": "2"}


def add_binary(lab: Laboratory) -> None:
    label(lab)["binaryData"] = {"b": "AA=="}


def replace(lab: Laboratory) -> None:
    label(lab, uid="uid-new")["data"] = {"b": "1"}


def take_back(lab: Laboratory) -> None:
    """What is in it was another thing for a moment in which nobody looked."""
    change(lab)
    label(lab, resourceVersion="9")["data"] = {"a": "1"}


def make_anew_as_it_was(lab: Laboratory) -> None:
    label(lab, uid="uid-new")


def grow_and_label(lab: Laboratory) -> None:
    """What is too large comes in outline: who it is, and not what is in it."""
    item = label(lab)
    del item["data"]
    item["spec"] = {}


def delete(lab: Laboratory) -> None:
    del lab.cluster.objects[Kind.CONFIG_MAP, "lab", "shop-load"]


def phases(lab: Laboratory) -> list[str]:
    statuses = (trial.get("status", {}) for trial in lab.trials().values())
    return [status.get("phase", "") for status in statuses]


async def until(lab: Laboratory, holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
        await lab.step()
    raise AssertionError(phases(lab))


async def to_trial(lab: Laboratory, number: int) -> None:
    """Step until this many trials are over and the next one has not begun."""
    await until(lab, lambda: phases(lab).count("Succeeded") == number)


async def to_a_run(lab: Laboratory) -> None:
    await until(lab, lambda: "Running" in phases(lab))


def attempts(lab: Laboratory) -> list[Manifest]:
    trials = lab.trials().values()
    return [record for trial in trials for record in trial["status"].get("formerAttempts") or ()]


def versions(inputs: dict[str, str]) -> dict[str, str]:
    assert all(len(each.rpartition("/")[2]) == DIGITS for each in inputs.values())
    return {name: version_in(each) for name, each in inputs.items()}


async def test_what_stays_as_it_is_is_on_record_and_compared():
    lab = with_maps(*NAMES)

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert status["comparisons"]
    found = [trial["status"]["inputs"] for trial in lab.trials().values()]
    assert [versions(each) for each in found] == [VERSIONS] * 4
    assert len({json.dumps(each) for each in found}) == 1
    assert status["environment"]["inputs"] == found[0]


async def ended_by_the_change(lab: Laboratory, said: str) -> Manifest:
    status = await lab.run()

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "InputsChanged")
    assert said in failed["message"]
    return status


CHANGES: dict[str, tuple[Callable[[Laboratory], None], str]] = {
    "edited": (change, "the ConfigMap shop-load was changed"),
    "replaced": (replace, "the ConfigMap shop-load was deleted and created anew"),
    "deleted": (delete, "the ConfigMap shop-load is gone, deleted"),
    "binary data": (add_binary, "the ConfigMap shop-load was changed"),
    "not known": (grow_and_label, "the ConfigMap shop-load was changed"),
    "of a variant": (lambda lab: change(lab, "shop-env"), "the ConfigMap shop-env was changed"),
}


@pytest.mark.parametrize(("become", "said"), CHANGES.values(), ids=CHANGES)
async def test_a_change_between_two_trials_ends_the_experiment_and_nothing_is_compared(
    become, said
):
    lab = with_maps(*NAMES)
    await to_trial(lab, 1)
    first = next(iter(lab.trials()))

    become(lab)
    status = await ended_by_the_change(lab, f"{said} since trial {first} began")

    assert "immutable: true" in lab.condition("Failed")["message"]
    assert phases(lab) == ["Succeeded"]
    assert len(status["results"]) == 2  # what was measured stays; of the other cell there is none
    assert {each["blocks"] for each in status["comparisons"]} == {0}
    assert not any("ratio" in each for each in status["comparisons"])
    assert status["verdict"] == "Error"


@pytest.mark.parametrize(("become", "said"), CHANGES.values(), ids=CHANGES)
async def test_a_change_in_mid_trial_voids_the_attempt(become, said):
    lab = with_maps(*NAMES)
    await to_a_run(lab)

    become(lab)
    await lab.step()

    (former,) = attempts(lab)
    assert (former["reason"], former["message"]) == ("InputsChanged", f"{said} during the run")


@pytest.mark.parametrize("over", [1, 3], ids=["second", "last"])
@pytest.mark.parametrize(("become", "said"), CHANGES.values(), ids=CHANGES)
async def test_in_mid_trial_it_ends_the_experiment_where_there_are_results(become, said, over):
    lab = with_maps(*NAMES)
    await to_trial(lab, over)
    await to_a_run(lab)
    first = next(iter(lab.trials()))

    become(lab)
    status = await ended_by_the_change(lab, f"{said} since trial {first} began")

    assert phases(lab) == ["Succeeded"] * over + ["Failed"]
    assert attempts(lab) == []
    assert versions(status["environment"]["inputs"]) == VERSIONS


UNCHANGED: dict[str, Callable[[Laboratory], object]] = {
    "labelled": label,
    "made anew": make_anew_as_it_was,
    "taken back": take_back,
}


@pytest.mark.parametrize("when", [to_a_run, lambda lab: to_trial(lab, 1)], ids=["run", "trial"])
@pytest.mark.parametrize("become", UNCHANGED.values(), ids=UNCHANGED)
async def test_what_reaches_no_pod_is_no_change(become, when):
    lab = with_maps(*NAMES)
    await when(lab)

    become(lab)

    assert (await lab.run())["phase"] == "Succeeded"
    assert attempts(lab) == []


async def test_a_change_that_was_seen_only_when_the_load_had_ended_voids_the_attempt():
    lab = with_maps(*NAMES)
    await to_a_run(lab)
    for _ in range(40):  # the load comes to its end, and nobody looks
        lab.cluster.tick()
    change(lab)

    await lab.step()

    (former,) = attempts(lab)
    assert former["reason"] == "InputsChanged"


async def test_before_there_is_a_result_a_changed_script_is_tried_again_and_goes_on():
    lab = with_maps(*NAMES)
    await to_a_run(lab)
    change(lab)

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert len(attempts(lab)) == 1
    assert version_in(status["environment"]["inputs"]["shop-load"]) == "uid-shop-load/8"


async def test_one_that_comes_before_its_variant_runs_changes_nothing():
    """No pod starts without its ConfigMap: whoever has a result was not given this one."""
    lab = with_maps("shop-load")
    await to_trial(lab, 1)
    create(lab, "shop-env")

    assert (await lab.run())["phase"] == "Succeeded"
    assert attempts(lab) == []


async def test_an_attempt_whose_start_was_cut_short_keeps_what_it_began_with():
    """Its pods may have been made before the operator died, and read what was there then."""
    lab = with_maps(*NAMES)
    await until(lab, lambda: phases(lab) == ["Starting"] or "Running" in phases(lab))
    (trial,) = lab.trials().values()
    trial["status"]["phase"] = "Starting"
    change(lab)

    await lab.step()
    await lab.step()

    (former,) = attempts(lab)
    assert former["reason"] == "InputsChanged"


async def test_each_is_asked_for_once_a_pass_and_its_content_once(monkeypatch):
    lab = with_maps(*NAMES)
    get, read = lab.cluster.get, list[bool]()

    async def noted(kind: Kind, namespace: str, name: str, *, bare: bool = False) -> Any:
        read.extend([bare] if kind is Kind.CONFIG_MAP else [])
        return await get(kind, namespace, name, bare=bare)

    monkeypatch.setattr(lab.cluster, "get", noted)
    asked, seen = Counter[str](), 0
    while not lab.is_finished():
        await lab.step()
        calls, seen = lab.cluster.calls[seen:], len(lab.cluster.calls)
        asked = Counter(call for call in calls if call.startswith("get CONFIG_MAP"))
        assert set(asked.values()) <= {1, 2}
        assert len(asked) <= len(NAMES)
        if lab.status().get("phase") in {None, "Pending", "Preparing"}:
            assert not asked
    assert read.count(False) == len(NAMES)  # what a trial has on record is not read again
    assert read.count(True) > 10
    assert not any("SECRET" in call for call in lab.cluster.calls if call.startswith("get"))
