"""Pilot trials find what cells carry; the rates chosen for it are frozen before the first block."""

import asyncio
from typing import Any

import pytest

from loadlab.kube.api import Kind
from tests.manifests import Json
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory

LOAD = {"purpose": "Compare", "duration": "5s", "warmup": "1s"}
READS = ("get", "list", "logs", "last_lines")
SECONDS = 5


def laboratory(
    sync: int = 2400,
    other: int = 3000,
    *,
    forgetful: bool = True,
    spoiled: tuple[str, ...] = (),
    answer_us: int = 1_600,
) -> Laboratory:
    """Pilots in which sync carries so many requests a second and async so many."""

    def log_of(run: str) -> str:
        spec = lab.trials()[run.rpartition("-")[0]]["spec"]
        if spec["role"] == "Measured":
            carried = spec["cell"]["rate"]  # what is offered is carried
        else:
            carried = sync if spec["cell"]["variant"] == "sync" else other
        busy = 1.4 if run.endswith(spoiled) else None
        return generator_log(run=run, requests=carried * SECONDS, busy=busy, answer_us=answer_us)

    lab = Laboratory(log_of=log_of, forgetful=forgetful)
    return lab


def submit(lab: Laboratory, **load: Any) -> None:
    lab.submit(load=LOAD | load, successCriteria=[])


def loads(status: Json) -> dict[str, tuple[float | None, int | None, int]]:
    return {
        load["cell"].partition("/")[0]: (load.get("carries"), load.get("rate"), load["tier"])
        for load in status["chosen"]["loads"]
    }


@pytest.mark.parametrize("forgetful", [True, False])
async def test_all_cells_are_measured_at_half_of_what_the_slowest_carried(forgetful):
    lab = laboratory(forgetful=forgetful)
    submit(lab)

    status = await lab.run()

    pilots = [run for run in lab.cluster.finished_runs if "-p" in run]
    assert lab.cluster.finished_runs[:2] == pilots
    assert loads(status) == {"sync": (2400, 1200, 1), "async": (3000, 1200, 1)}
    assert (status["phase"], status["progress"]) == ("Succeeded", "4/4")
    assert [row["cell"]["rate"] for row in status["results"]] == [1200, 1200]
    assert [row["requestsPerSecond"]["mean"] for row in status["results"]] == [1200, 1200]
    assert [row["load"] for row in status["results"]] == ["Kept", "Kept"]
    assert [row["capacity"]["mean"] for row in status["results"]] == [2400, 3000]
    assert {row["capacity"]["standing"] for row in status["results"]} == {"Bound"}
    assert status["preliminarySeconds"] > 0


async def test_rates_stand_in_the_status_before_a_trial_rests_on_them():
    lab = laboratory()
    submit(lab)
    frozen: Json = {}
    while f"{CHILD}-001" not in lab.trials():
        frozen = lab.status().get("chosen") or {}
        await lab.step()

    assert frozen["loads"]
    assert (await lab.run())["chosen"] == frozen


async def test_what_carries_more_than_four_times_as_much_is_measured_at_a_rate_of_its_own():
    lab = laboratory(sync=600, other=3000)
    claim = {"name": "x", "ratio": "cpuMicrosPerRequest.service", "atMost": 1}
    sides = {"of": {"variant": "async"}, "over": {"variant": "sync"}}
    lab.submit(load=LOAD, successCriteria=[], expectations=[claim | sides])

    status = await lab.run()

    assert loads(status) == {"sync": (600, 300, 1), "async": (3000, 1500, 2)}
    assert [row["cell"]["rate"] for row in status["results"]] == [300, 1500]
    assert status["comparisons"] == []
    assert status["best"]["cell"].startswith("async/")
    assert "lead" not in status["best"]
    (claimed,) = status["expectations"]
    assert claimed["outcome"] == "Inconclusive"
    assert "offered different rates" in claimed["note"]


@pytest.mark.parametrize("forgetful", [True, False])
async def test_what_limited_a_pilot_is_known_when_all_is_summed_up(forgetful):
    """By its measurement, which stays in its LoadTrial: nothing was full but its users.

    And by the answers to half as many: 10 users who carry 600/s waited 17 ms, and now wait 10.
    """
    lab = laboratory(sync=600, other=3000, forgetful=forgetful, answer_us=10_000)
    submit(lab)

    status = await lab.run()

    assert {row["capacity"]["why"] for row in status["results"]} == {"PilotUsers"}
    assert [title.partition("/")[0] for title in status["best"]["tiedWith"]] == ["sync"]
    assert "sync's pilot was limited by its users" in status["recommendation"][0]


async def test_where_its_pilot_is_gone_nobody_says_that_a_cell_is_slower():
    lab = laboratory(sync=600, other=3000)
    submit(lab)
    while not lab.status().get("chosen", {}).get("loads"):
        await lab.step()
    for name in (f"{CHILD}-p001", f"{CHILD}-p002"):
        del lab.cluster.objects[Kind.TRIAL, "lab", name]

    status = await lab.run()

    assert {row["capacity"]["why"] for row in status["results"]} == {"PilotUnknown"}
    assert "sync's pilot does not tell what limited it" in status["recommendation"][0]


async def test_a_rate_of_the_users_own_is_offered_and_pilots_tell_the_capacity():
    lab = laboratory()
    lab.submit(load=LOAD, factors={"rate": [500], "virtualUsers": [10]}, successCriteria=[])

    status = await lab.run()

    assert loads(status) == {"sync": (2400, None, 1), "async": (3000, None, 1)}
    assert [row["cell"]["rate"] for row in status["results"]] == [500, 500]
    assert [row["capacity"]["mean"] for row in status["results"]] == [2400, 3000]


async def test_a_cell_too_slow_for_a_window_ends_it_and_says_what_each_carried():
    lab = laboratory(sync=6)
    submit(lab)

    status = await lab.run()

    assert (status["phase"], status["progress"]) == ("Failed", "0/4")
    assert lab.condition("Failed")["reason"] == "TooFewRequests"
    assert "at 3 requests a second 1,000 requests take 334 s" in lab.condition("Failed")["message"]
    assert loads(status)["async"] == (3000, 1500, 2)
    assert lab.leftovers() == set()


@pytest.mark.parametrize("forgetful", [True, False])
async def test_pilots_do_not_run_again_where_somebody_deletes_them(forgetful):
    lab = laboratory(forgetful=forgetful)
    submit(lab)
    while not lab.status().get("chosen", {}).get("loads"):
        await lab.step()
    for name in (f"{CHILD}-p001", f"{CHILD}-p002"):
        del lab.cluster.objects[Kind.TRIAL, "lab", name]
    lab.operator.finished.forget()  # as the watch's event has it

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert len(lab.cluster.finished_runs) == 6


async def test_terminated_among_its_pilots_it_has_no_result():
    lab = laboratory()
    submit(lab)
    while f"{CHILD}-p002" not in lab.trials():
        await lab.step()
    lab.experiment()["spec"]["terminate"] = True

    status = await lab.run()

    assert (status["phase"], status["progress"]) == ("Terminated", "0/4")
    assert not status.get("results")
    assert lab.leftovers() == set()


async def test_an_earlier_one_at_rates_that_were_chosen_may_be_the_baseline():
    """Its cells have a rate by then, and those of an experiment that begins have none yet."""
    lab = laboratory()
    lab.submit("before", load=LOAD, successCriteria=[], replicates=5)
    await lab.run("before")
    comparison = {"baselineRef": {"name": "before"}}
    lab.submit(load=LOAD, successCriteria=[], replicates=5, comparison=comparison)

    found = (await lab.run())["baseline"]

    assert found["differences"] == []
    assert {c["figure"] for c in found["comparisons"]} == {"cpuMicros", "p95Ms"}
    # Of a latency it is not known what k6 itself adds to it.
    assert {c["outcome"] for c in found["comparisons"] if not c.get("why")} == {"Equivalent"}
    assert {c["figure"] for c in found["comparisons"] if c.get("why")} == {"p95Ms"}


async def test_a_closed_loop_for_capacity_says_at_least():
    lab = Laboratory()
    lab.submit(load=LOAD | {"purpose": "Capacity", "settling": "0s"})

    status = await lab.run()

    assert [row["capacity"]["standing"] for row in status["results"]] == ["Bound", "Bound"]
    assert status["results"][0]["capacity"]["mean"] == 2400
    assert {each["figure"] for each in status["comparisons"]} == {"requestsPerSecond", "cpuMicros"}


def undisturbed() -> Laboratory:
    lab = laboratory()
    lab.submit(load=LOAD, successCriteria=[], replicates=1)
    asyncio.run(lab.run())
    return lab


def writes_until_the_first_block(lab: Laboratory) -> list[Any]:
    calls = lab.cluster.calls
    first, last = (calls.index(f"create TRIAL {CHILD}-{name}") for name in ("p001", "001"))
    return [
        pytest.param(call, id=f"{call} {request}")
        for call, request in enumerate(calls)
        if first <= call <= last + 1 and not request.startswith(READS)
    ]


CALM = undisturbed()


class TestAnOperatorThatDiesAmongThePilots:
    """What it chose, and what comes of it, is the same."""

    @pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize("call", writes_until_the_first_block(CALM))
    def test_chooses_the_same_rates_and_comes_to_the_same_results(self, call, after_effect):
        lab = laboratory()
        lab.submit(load=LOAD, successCriteria=[], replicates=1)
        lab.cluster.crash_at = call
        lab.cluster.crash_after_effect = after_effect

        status = asyncio.run(lab.run())

        assert lab.cluster.crash_at is None
        calm = CALM.status()
        for field in ("phase", "progress", "fingerprint", "chosen", "results"):
            assert status[field] == calm[field]
        assert sorted(lab.cluster.finished_runs) == sorted(CALM.cluster.finished_runs)
        assert lab.leftovers() == set()
