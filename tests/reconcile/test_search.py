"""The search: one step of each cell in turn, its rates frozen before a trial rests on them."""

import asyncio
from typing import Any

import pytest

from loadlab.base.names import COMPONENT_LABEL, RUN_LABEL
from loadlab.kube.api import Manifest
from tests.manifests import Json
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory
from tests.reconcile.test_restarts import KILLED, restarted
from tests.reconcile.under_load import under_load

READS = ("get", "list", "logs", "last_lines")
SECONDS = 5
LOAD: Json = {"purpose": "Capacity", "search": {"within": "10%"}, "duration": "5s", "warmup": "1s"}
CRITERIA = [{"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<100"}]


def laboratory(sync: int = 800, other: int = 1300, **lab_options: Any) -> Laboratory:
    """Variants that carry so many requests a second, in a closed loop and in the open model."""

    def log_of(run: str) -> str:
        spec = lab.trials()[run.rpartition("-")[0]]["spec"]
        carries = sync if spec["cell"]["variant"] == "sync" else other
        return generator_log(run=run, requests=min(carries, _offered(spec, carries)) * SECONDS)

    lab = Laboratory(log_of=log_of, **lab_options)
    return lab


def _offered(spec: Json, carries: int) -> int:
    return int(spec["cell"].get("rate") or carries)


def submit(lab: Laboratory, **spec: Any) -> None:
    load = LOAD | spec.pop("load", {})
    lab.submit(load=load, successCriteria=CRITERIA, order={"seed": 7}, **spec)


def found(status: Json) -> dict[str, Json]:
    return {each["cell"].partition("/")[0]: each for each in status["capacity"]}


async def test_each_cell_is_told_with_the_rate_that_it_carries_and_the_one_that_it_does_not():
    lab = laboratory()
    submit(lab)

    status = await lab.run()

    for variant, carries in (("sync", 800), ("async", 1300)):
        each = found(status)[variant]
        assert each["atLeast"] <= carries * 1.011 < each["below"] * 1.011
        assert each["below"] <= each["atLeast"] * 1.1
        assert (each["ended"], each["belowOutcome"]) == ("Found", "Failed")
    assert (status["phase"], status["verdict"]) == ("Succeeded", "Passed")
    assert status["best"]["cell"].startswith("async/")
    done = sum(each["trials"] for each in status["capacity"])
    assert status["progress"] == f"{done}/{done}"
    assert lab.leftovers() == set()


async def test_cells_take_turns_and_both_rates_are_tried_twice():
    lab = laboratory()
    submit(lab)

    status = await lab.run()

    trials = [lab.trials()[name]["spec"] for name in sorted(lab.trials()) if "-p" not in name]
    first = [spec["cell"]["variant"] for spec in trials[:2]]
    assert sorted(first) == ["async", "sync"]
    for load in status["chosen"]["loads"]:
        told = found(status)[load["cell"].partition("/")[0]]
        assert load["rates"].count(int(told["atLeast"])) == 2
        assert load["rates"].count(int(told["below"])) == 2


async def test_max_trials_ends_it_and_is_named():
    lab = laboratory()
    submit(lab, maxTrials=8)

    status = await lab.run()

    assert status["progress"] == "8/8"
    assert {each["ended"] for each in status["capacity"]} == {"MaxTrials"}
    assert "maxTrials allowed no further trial: raise it" in status["capacity"][0]["message"]
    assert status["verdict"] == "Inconclusive"


async def test_total_time_that_runs_out_ends_it_with_what_is_known():
    lab = laboratory()
    submit(lab, timeouts={"total": "1m"})

    status = await lab.run()

    assert (status["phase"], status["verdict"]) == ("Succeeded", "Inconclusive")
    assert {each["ended"] for each in status["capacity"]} == {"Timeout"}
    assert "timeouts.total left no time" in status["capacity"][0]["message"]


async def test_one_that_is_ended_by_hand_tells_what_is_known_and_that_it_is_not_confirmed():
    lab = laboratory()
    submit(lab, variants=[{"name": "sync"}])
    while len(lab.trials()) < 4:
        await lab.step()
    lab.experiment()["spec"]["terminate"] = True

    status = await lab.run()

    (each,) = status["capacity"]
    assert status["phase"] == "Terminated"
    assert "ended" not in each
    assert "in the one trial of it" in each["message"]
    assert "the experiment ended before the search did" in each["message"]
    assert {it["outcome"] for it in status["criteria"]} == {"Inconclusive"}
    assert (status["verdict"], "best" in status) == ("Inconclusive", False)


async def test_the_highest_rate_that_is_allowed_may_hold():
    lab = laboratory()
    submit(lab, load={"search": {"maxRate": 500}})

    status = await lab.run()

    assert {each["ended"] for each in status["capacity"]} == {"MaxRate"}
    assert {each["atLeast"] for each in status["capacity"]} == {500}
    assert status["verdict"] == "Passed"


async def test_a_criterion_that_no_higher_rate_breaks_is_refused():
    lab = laboratory()
    rate = [{"name": "rate", "metric": "http_reqs", "threshold": "rate>100"}]
    lab.submit(load=LOAD, successCriteria=rate)

    status = await lab.run()

    assert status["phase"] == "Failed"
    assert (
        "load.search raises the rate until a criterion fails" in lab.condition("Failed")["message"]
    )


@pytest.mark.parametrize("always", [False, True], ids=["once a trial", "in every attempt"])
async def test_a_rate_under_which_a_service_crashes_is_one_that_it_does_not_carry(always):
    """A second attempt that survived had held; where none did no cell came to an end."""
    lab = laboratory()
    submit(lab, retry={"attempts": 2})

    def fault_of(pod: Manifest) -> Manifest | None:
        labels = pod["metadata"]["labels"]
        name, _, attempt = labels.get(RUN_LABEL, "").rpartition("-")
        cell = lab.trials()[name]["spec"]["cell"] if name else {}
        is_hit = cell.get("variant") == "sync" and cell.get("rate", 0) > 600
        is_hit = is_hit and (always or attempt == "a1") and labels[COMPONENT_LABEL] == "service"
        return restarted(KILLED) if is_hit else None

    lab.cluster.fault_of = under_load(lab, fault_of)

    status = await lab.run()

    each = found(status)["sync"]
    assert each["atLeast"] <= 600 < each["below"] <= each["atLeast"] * 1.1
    assert (each["ended"], each["belowOutcome"]) == ("Found", "Failed")
    times = 2 if always else 1
    assert f"in {times} of 2 attempts the service ended by itself" in each["message"]
    assert "raise spec.resources.service.memory" in each["message"]
    assert (status["phase"], status["verdict"]) == ("Succeeded", "Passed")
    assert status["best"]["cell"].startswith("async/")
    assert not any(row.get("crashes") for row in status["results"])


SHORT: Json = {"variants": [{"name": "sync"}], "maxTrials": 4}


def undisturbed() -> Laboratory:
    lab = laboratory()
    submit(lab, **SHORT)
    asyncio.run(lab.run())
    return lab


CALM = undisturbed()


def writes_about_the_first_choices() -> list[Any]:
    calls = CALM.cluster.calls
    first, last = (calls.index(f"create TRIAL {CHILD}-{name}") for name in ("001", "003"))
    return [
        pytest.param(call, id=f"{call} {request}")
        for call, request in enumerate(calls)
        if first <= call <= last + 1 and not request.startswith(READS)
    ]


class TestAnOperatorThatDiesInTheSearch:
    """It tries the same rates and comes to the same result."""

    @pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize("call", writes_about_the_first_choices())
    def test_tries_the_same_rates(self, call, after_effect):
        lab = laboratory()
        submit(lab, **SHORT)
        lab.cluster.crash_at = call
        lab.cluster.crash_after_effect = after_effect

        status = asyncio.run(lab.run())

        assert lab.cluster.crash_at is None
        calm = CALM.status()
        for field in ("phase", "progress", "fingerprint", "chosen", "capacity", "results"):
            assert status[field] == calm[field]
        assert sorted(lab.cluster.finished_runs) == sorted(CALM.cluster.finished_runs)
