"""An experiment with a baseline: refused at once where there is none, and never broken by it."""

from typing import Any

import pytest

from loadlab.kube.api import Kind
from tests.manifests import Json
from tests.reconcile.laboratory import Laboratory
from tests.reconcile.test_queue import BESIDE_OTHERS

BASELINE: Json = {"replicates": 1, "comparison": {"baselineRef": {"name": "before"}}}


async def with_a_baseline(**spec: Any) -> Laboratory:
    """A finished experiment, and one that is to be compared with it."""
    lab = Laboratory()
    lab.submit("before", **{"replicates": 1} | spec)
    await lab.run("before")
    lab.submit(**BASELINE)
    return lab


def accepted(lab: Laboratory) -> tuple[str, str, str]:
    condition = lab.condition("Accepted")
    return condition["status"], condition["reason"], condition["message"]


async def test_the_baseline_is_compared_at_the_end():
    lab = await with_a_baseline(replicates=5)
    lab.experiment()["spec"] |= {"replicates": 5}

    status = await lab.run()

    found = status["baseline"]
    assert (found["name"], found["uid"]) == ("before", "uid-before")
    assert found["finished"] == lab.status("before")["completionTime"]
    assert found["differences"] == []
    # Of a latency it is not known what k6 itself adds to it.
    assert {c["outcome"] for c in found["comparisons"] if not c.get("why")} == {"Equivalent"}
    assert {c["figure"] for c in found["comparisons"] if c.get("why")} == {"p95Ms"}
    assert {(c["of"], c["figure"]) for c in found["comparisons"]} == {
        (f"{variant}/workers=1/virtualUsers=10/poolSize=10", figure)
        for variant in ("sync", "async")
        for figure in ("requestsPerSecond", "cpuMicros", "p95Ms")
    }


async def test_a_baseline_of_which_no_trial_counted_says_so():
    lab = Laboratory(log="level=error msg=killed")
    lab.submit("before", replicates=1, variants=[{"name": "sync"}], retry={"attempts": 1})
    assert (await lab.run("before"))["phase"] == "Failed"
    after = Laboratory()
    after.cluster.objects |= lab.cluster.objects
    after.submit("after", **BASELINE, variants=[{"name": "sync"}])

    status = await after.run("after")

    assert status["baseline"]["comparisons"] == []
    assert "in one of them no trial counted" in status["baseline"]["note"]


async def test_an_experiment_without_one_reads_no_other():
    lab = Laboratory()
    lab.submit("before")
    await lab.run("before")
    lab.submit()
    lab.cluster.calls.clear()

    status = await lab.run()

    assert "get EXPERIMENT before" not in lab.cluster.calls
    assert "baseline" not in status


async def test_it_is_read_when_it_is_accepted_and_at_the_end_alone():
    lab = await with_a_baseline()
    reads: dict[str, int] = {}
    while not lab.is_finished():
        phase = lab.status().get("phase", "")
        lab.cluster.calls.clear()
        await lab.step()
        reads[phase] = reads.get(phase, 0) + lab.cluster.calls.count("get EXPERIMENT before")

    assert reads.pop("") == 1
    assert reads.pop("Analyzing") > 0
    assert set(reads.values()) == {0}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("before", {"phase": "Running"}, "it is Running and has no results yet"),
        ("before", {"phase": "Failed", "results": []}, "it has no results"),
        ("nobody", {}, "there is no LoadExperiment of this name; name an experiment that has"),
        ("exp", {}, "that is this experiment itself"),
        ("before", {"phase": "Paused"}, "this release cannot read it: status.phase: Input should"),
        ("before", {"results": [{"cell": 7}]}, "this release cannot read it: status.results.0."),
    ],
    ids=["under-way", "without-rows", "absent", "itself", "unknown-phase", "garbage"],
)
async def test_what_can_be_no_baseline_is_refused_at_once(name, change, message):
    lab = await with_a_baseline()
    lab.status("before").update(change)
    lab.experiment()["spec"]["comparison"] = {"baselineRef": {"name": name}}

    await lab.reconcile()

    truth, reason, said = accepted(lab)
    assert (truth, reason) == ("False", "InvalidBaseline")
    assert said.startswith(f"comparison.baselineRef {name}: {message}")
    assert lab.status()["phase"] == "Failed"
    assert not lab.trials().keys() - {n for n in lab.trials() if n.startswith("before")}


@pytest.mark.parametrize(
    ("field", "value"),
    [("workload", "of-another-release"), ("load", {"turbo": True}), ("variants", None)],
)
async def test_a_spec_of_another_release_is_no_baseline(field: str, value: object):
    lab = await with_a_baseline()
    lab.experiment("before")["spec"] |= {field: value}

    await lab.reconcile()

    truth, reason, said = accepted(lab)
    assert (truth, reason) == ("False", "InvalidBaseline")
    assert f"this release cannot read it: spec.{field}" in said


async def test_one_that_is_being_deleted_is_no_baseline():
    lab = await with_a_baseline()
    lab.experiment("before")["metadata"]["deletionTimestamp"] = "a finalizer of somebody's holds it"

    await lab.reconcile()

    assert "it is being deleted" in accepted(lab)[2]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"workload": "wells", "variants": [{"name": "async"}]},
            "its workload is wells, this one's select",
        ),
        ({"variants": [{"name": "asyncpg"}]}, "none of its cells, such as asyncpg/workers=1/"),
        ({"factors": {"virtualUsers": [20]}}, "is one of this experiment's, such as sync/"),
    ],
    ids=["workload", "variants", "levels"],
)
async def test_an_experiment_of_other_cells_is_no_baseline(spec, message):
    lab = await with_a_baseline(**spec)

    await lab.reconcile()

    truth, reason, said = accepted(lab)
    assert (truth, reason) == ("False", "InvalidBaseline")
    assert message in said


async def test_one_that_waits_behind_others_is_refused_at_once_too():
    lab = Laboratory()
    lab.submit(**BASELINE)

    await lab.reconcile(hints=BESIDE_OTHERS)

    assert accepted(lab)[:2] == ("False", "InvalidBaseline")


async def started(lab: Laboratory) -> None:
    while lab.status().get("phase") != "Running":
        await lab.step()


async def test_a_baseline_that_is_deleted_meanwhile_ends_nothing():
    lab = await with_a_baseline()
    await started(lab)
    del lab.cluster.objects[Kind.EXPERIMENT, "lab", "before"]

    status = await lab.run()

    assert (status["phase"], status["verdict"]) == ("Succeeded", "Passed")
    assert len(status["results"]) == 2
    assert status["baseline"]["uid"] == "uid-before"
    assert status["baseline"]["comparisons"] == []
    assert status["baseline"]["note"] == (
        "it was there when this experiment was accepted, and now there is no LoadExperiment of "
        "this name"
    )


@pytest.mark.parametrize(
    ("where", "change", "note"),
    [
        ("metadata", {"uid": "another"}, "another experiment has its name now"),
        ("status", {"completionTime": "2020-01-01T00:00:00Z"}, "its status was changed meanwhile"),
        ("status", {"phase": "Running"}, "its status was changed meanwhile: it is not over"),
        ("status", {"results": "none"}, "and now this release cannot read it: status.results"),
        ("status", {"results": []}, "no cell of it is one of this experiment's"),
    ],
    ids=["namesake", "finished-anew", "under-way", "garbage", "emptied"],
)
async def test_a_baseline_that_is_changed_meanwhile_ends_nothing(where, change, note):
    lab = await with_a_baseline()
    await started(lab)
    lab.experiment("before")[where].update(change)

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert note in status["baseline"]["note"]
    assert status["baseline"]["comparisons"] == []


@pytest.mark.parametrize(
    "figure",
    [
        {"mean": 0},
        {"mean": -1, "low": -2, "high": 0},
        {"mean": 1e308, "low": 1e-308, "high": 1e308},
        {"mean": 1000, "low": 1e-320, "high": 1e300},
        {"mean": "NaN", "low": "-Infinity", "high": "Infinity"},
        {"mean": 1000, "low": 1000, "high": 1000, "replicates": -5},
        {"mean": 1000, "low": 1000, "high": 1000, "replicates": 10**18},
        {"mean": 1e12, "low": 1e12, "high": 1e12},
    ],
)
@pytest.mark.parametrize("valid", [5, 10**12])
async def test_no_figure_of_a_baseline_breaks_a_pass(figure: Json, valid: int):
    lab = await with_a_baseline()
    for row in lab.status("before")["results"]:
        row |= {"requestsPerSecond": figure, "cpuMicros": figure, "p95Ms": figure}
        row["replicates"] = {"planned": 5, "valid": valid}

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    for each in status["baseline"]["comparisons"]:
        assert each["outcome"] == "Inconclusive"
        assert each["why"] == "fewer than 5 replicates here or in the baseline"


async def test_a_status_of_an_older_release_is_compared_as_far_as_it_goes():
    lab = await with_a_baseline()
    older = lab.status("before")
    for name in ("chosen", "environment", "comparisons", "operatorVersion"):
        older.pop(name, None)
    for row in older["results"]:
        del row["cpuMicros"]

    status = await lab.run()

    found = status["baseline"]
    assert {c["figure"] for c in found["comparisons"]} == {"requestsPerSecond", "p95Ms"}
    assert {c["why"] for c in found["comparisons"]} == {"chosen.serviceCpu differs between the two"}
    assert "chosen.serviceCpu Exclusive, there not set" in found["differences"]
