"""ConfigMaps that an experiment is given: what changes while it runs is in no comparison."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from loadlab.kube.api import Kind, Manifest
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
    lab.cluster.objects[Kind.CONFIG_MAP, "lab", name] = {"kind": "ConfigMap", "metadata": metadata}


def change(lab: Laboratory, name: str = "shop-load", version: str = "8") -> None:
    lab.cluster.objects[Kind.CONFIG_MAP, "lab", name]["metadata"]["resourceVersion"] = version


def change_and_take_back(lab: Laboratory) -> None:
    """No version comes twice, whatever is in it."""
    change(lab)
    change(lab, version="9")


def replace(lab: Laboratory) -> None:
    lab.cluster.objects[Kind.CONFIG_MAP, "lab", "shop-load"]["metadata"]["uid"] = "uid-new"


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


async def test_what_stays_as_it_is_is_on_record_and_compared():
    lab = with_maps(*NAMES)

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert status["comparisons"]
    assert [trial["status"]["inputs"] for trial in lab.trials().values()] == [VERSIONS] * 4
    assert status["environment"]["inputs"] == VERSIONS


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
    "taken back": (
        change_and_take_back,
        "the ConfigMap shop-load was changed",
    ),
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
    assert status["environment"]["inputs"] == VERSIONS


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
    assert status["environment"]["inputs"]["shop-load"] == "uid-shop-load/8"


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


async def test_each_is_asked_for_once_a_pass_while_trials_run_and_no_content_is_read(monkeypatch):
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
        assert set(asked.values()) <= {1}
        assert len(asked) <= len(NAMES)
        if lab.status().get("phase") in {None, "Pending", "Preparing"}:
            assert not asked
    assert set(read) == {True}
    assert not any("SECRET" in call for call in lab.cluster.calls if call.startswith("get"))


OWN: dict[str, Any] = SPEC | {
    "variants": [{"name": "mine", "image": "mine:1"}],
    "load": {"duration": "5s", "warmup": "1s", "settling": "0s", "request": {"path": "/"}},
}


def run_by_digest(lab: Laboratory, digest: Callable[[], str]) -> None:
    """The node says which image a service's container runs."""

    def serving(pod: Manifest) -> Manifest | None:
        if pod["metadata"]["labels"].get("loadlab.dev/component") != "service":
            return None
        running = {"ready": True, "state": {"running": {}}, "imageID": digest()}
        ready = {"type": "Ready", "status": "True"}
        return {"phase": "Running", "conditions": [ready], "containerStatuses": [running]}

    lab.cluster.fault_of = serving


@pytest.mark.parametrize(
    ("former", "later", "reason"),
    [
        ("x@sha256:aa", "x@sha256:bb", "InputsChanged"),
        ("sha256:aa", "sha256:bb", "InputsChanged"),
        ("x@sha256:aa", "x@sha256:aa", ""),
        ("x@sha256:aa", "sha256:bb", ""),  # of a node that was handed it: nobody knows
        ("x@sha256:aa", "x:1", ""),
    ],
)
async def test_an_image_whose_tag_was_moved_between_trials_ends_the_experiment(
    former, later, reason
):
    lab = Laboratory()
    run_by_digest(lab, lambda: former if len(phases(lab)) < 2 else later)
    lab.submit(**OWN)

    status = await lab.run()

    failed = next(c for c in status["conditions"] if c["type"] == "Failed")
    assert (failed["reason"] if failed["status"] == "True" else "") == reason
    if reason:
        assert "another one since trial exp-" in failed["message"]
        assert "bb, and was aa" in failed["message"]
