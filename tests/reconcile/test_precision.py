"""The plan grows by what its first blocks showed: computed once, frozen in the status."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from loadlab.kube.api import Kind
from tests.manifests import Json
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory

READS = ("get", "list", "logs", "last_lines")
SECONDS = 5
# Requests a second of the second variant over those of the first, block by block.
RATIOS = (1.00, 1.06, 1.03, 1.02, 1.04, 1.03, 1.05, 1.01)


def laboratory(*, forgetful: bool = True, ratios: tuple[float, ...] = RATIOS) -> Laboratory:
    """Return one in which the variants' rates differ from block to block."""

    def log_of(run: str) -> str:
        spec = lab.trials()[run.rpartition("-")[0]]["spec"]
        ratio = ratios[(spec["replicate"] - 1) % len(ratios)]
        rate = round(1000 * (ratio if spec["cell"]["variant"] == "async" else 1))
        return generator_log(run=run, requests=rate * SECONDS)

    lab = Laboratory(log_of=log_of, forgetful=forgetful)
    return lab


def submit(lab: Laboratory, half_width: str = "6%", most: int = 30, **spec: Any) -> None:
    wanted = {"figure": "requestsPerSecond", "halfWidth": half_width, "maxReplicates": most}
    given: Json = {"precision": wanted, "replicates": 3, "successCriteria": []}
    lab.submit(**given | spec)


def order(lab: Laboratory) -> list[tuple[int, str]]:
    trials = sorted(lab.trials().items())
    return [(t["spec"]["replicate"], t["spec"]["cell"]["variant"]) for _, t in trials]


@pytest.mark.parametrize("forgetful", [True, False])
async def test_blocks_are_added_until_the_half_width_is_reached(forgetful):
    lab = laboratory(forgetful=forgetful)
    submit(lab)

    status = await lab.run()

    found = status["precision"]
    assert found["pilot"] == 3
    assert 3 < found["blocks"] == found["needed"] == status["chosen"]["replicates"] < 30
    assert found["achieved"] <= found["wanted"] == 0.06
    assert status["progress"] == f"{2 * found['blocks']}/{2 * found['blocks']}"
    assert {row["replicates"]["planned"] for row in status["results"]} == {found["blocks"]}
    (ratio,) = (c for c in status["comparisons"] if c["figure"] == "requestsPerSecond")
    assert ratio["high"] / ratio["ratio"] - 1 == pytest.approx(found["achieved"], abs=0.001)
    assert lab.leftovers() == set()


async def test_whole_blocks_follow_in_the_order_that_the_same_plan_would_have_had():
    lab, given = laboratory(), laboratory()
    submit(lab, order={"seed": 7})
    blocks = (await lab.run())["chosen"]["replicates"]
    given.submit(replicates=blocks, successCriteria=[], order={"seed": 7})
    await given.run()

    assert order(lab) == order(given)


async def test_progress_follows_the_grown_plan():
    lab = laboratory()
    submit(lab)
    told = set()
    while not lab.is_finished():
        await lab.step()
        told.add(lab.status().get("progress", "").partition("/")[2])

    blocks = lab.status()["chosen"]["replicates"]
    assert told - {""} == {"6", str(2 * blocks)}


@pytest.mark.parametrize(
    ("most", "trials", "blocks", "limit"),
    [(4, 100, 4, "precision.maxReplicates"), (30, 9, 4, "maxTrials"), (30, 6, 3, "maxTrials")],
)
async def test_what_may_be_spent_binds_and_the_number_it_takes_is_said(most, trials, blocks, limit):
    lab = laboratory()
    submit(lab, "2%", most, maxTrials=trials)

    status = await lab.run()

    found = status["precision"]
    assert (found["blocks"], status["progress"]) == (blocks, f"{2 * blocks}/{2 * blocks}")
    assert found["needed"] > blocks
    assert found["achieved"] > found["wanted"]
    assert found["message"].endswith(f"2 % takes {found['needed']}: raise {limit}")
    assert status["phase"] == "Succeeded"


async def test_no_more_blocks_follow_than_there_is_time_for():
    lab = laboratory()
    submit(lab, "2%", timeouts={"total": "105s"})

    status = await lab.run()

    found = status["precision"]
    assert status["phase"] == "Succeeded"
    assert 3 < found["blocks"] < found["needed"]
    assert found["limitedBy"] == "timeouts.total"


async def test_where_the_first_blocks_are_enough_none_is_added():
    lab = laboratory(ratios=(1.02,))
    submit(lab)

    status = await lab.run()

    assert (status["progress"], status["precision"]["blocks"]) == ("6/6", 3)
    assert status["precision"]["message"].startswith(
        "requestsPerSecond is known within 0 % after 3"
    )


async def test_a_cell_without_a_control_is_measured_until_its_own_mean_is_known():
    lab = laboratory(ratios=RATIOS)
    submit(lab, variants=[{"name": "async"}])

    status = await lab.run()

    assert status["precision"]["blocks"] > 3
    (row,) = status["results"]
    speed = row["requestsPerSecond"]
    assert speed["high"] / speed["mean"] - 1 == pytest.approx(
        status["precision"]["achieved"], abs=0.001
    )


async def test_where_nothing_can_be_computed_the_first_blocks_are_all():
    lab = Laboratory(log="nothing")
    submit(lab, retry={"attempts": 1})

    status = await lab.run()

    assert (status["phase"], status["progress"]) == ("Failed", "6/6")
    assert status["precision"]["blocks"] == 3
    assert "has no interval in any cell" in status["precision"]["message"]


async def test_terminated_among_the_added_blocks_it_tells_what_was_reached():
    lab = laboratory()
    submit(lab, "2%")
    while f"{CHILD}-008" not in lab.trials():
        await lab.step()
    lab.experiment()["spec"]["terminate"] = True

    status = await lab.run()

    assert status["phase"] == "Terminated"
    assert status["precision"]["achieved"] > 0.02
    assert status["precision"]["message"].startswith("requestsPerSecond is known within")


async def test_compared_at_one_rate_the_pilots_go_before_all_blocks():
    lab = laboratory()
    submit(lab, load={"purpose": "Compare", "duration": "5s", "warmup": "1s"}, precision=CPU)

    status = await lab.run()

    assert status["chosen"]["loads"]
    assert status["chosen"]["replicates"] == status["precision"]["blocks"]


async def test_the_control_that_runs_twice_grows_with_its_blocks_and_asks_for_none():
    lab = laboratory()
    submit(lab, comparison={"controlTwice": True})

    status = await lab.run()

    blocks = status["chosen"]["replicates"]
    assert (blocks, status["progress"]) == (
        status["precision"]["needed"],
        f"{3 * blocks}/{3 * blocks}",
    )
    assert {floor["blocks"] for floor in status["noiseFloor"]} == {blocks}


CPU = {"figure": "cpuMicros", "halfWidth": "5%", "maxReplicates": 5}


async def test_the_number_stands_in_the_status_before_a_trial_rests_on_it():
    lab = laboratory()
    submit(lab)
    frozen: Json = {}
    while f"{CHILD}-007" not in lab.trials():
        frozen = lab.status().get("chosen") or {}
        await lab.step()

    assert frozen["replicates"] > 3
    assert (await lab.run())["chosen"] == frozen


@pytest.mark.parametrize("forgetful", [True, False])
async def test_nobody_computes_it_again_from_other_trials(forgetful):
    """A trial of the pilot that somebody deletes runs again, and shows something else."""
    lab = laboratory(forgetful=forgetful)
    submit(lab)
    while f"{CHILD}-007" not in lab.trials():
        await lab.step()
    frozen = lab.status()["chosen"]
    del lab.cluster.objects[Kind.TRIAL, "lab", f"{CHILD}-002"]
    lab.operator.finished.forget()  # as the watch's event has it

    status = await lab.run()

    assert (status["phase"], status["chosen"]) == ("Succeeded", frozen)


@dataclass(frozen=True)
class Moment:
    """What there is before a pass."""

    calls: int
    now: float
    cluster: bytes


def undisturbed() -> tuple[Laboratory, list[Moment]]:
    """Run without a death; return also the moments between its passes."""
    lab, moments = laboratory(), []
    submit(lab, "7%")

    async def run() -> None:
        while not lab.is_finished():
            moments.append(Moment(len(lab.cluster.calls), lab.now, lab.cluster.saved()))
            await lab.step()

    asyncio.run(run())
    return lab, moments


def calls_about_the_choice(lab: Laboratory) -> list[Any]:
    """Return every request from the end of the pilot until the first added trial is there."""
    calls = lab.cluster.calls
    last = calls.index(f"create TRIAL {CHILD}-007") + 1
    first = max(n for n, request in enumerate(calls[:last]) if request.startswith("logs "))
    return [
        pytest.param(call, after_effect, id=f"{'after' if after_effect else 'before'} {request}")
        for call, request in enumerate(calls[: last + 1])
        for after_effect in (False, True)
        if call >= first and not (after_effect and request.startswith(READS))
    ]


CALM, MOMENTS = undisturbed()


class TestAnOperatorThatDiesAboutTheChoice:
    """It computes the same number once, and comes to the same results."""

    @pytest.mark.parametrize(("call", "after_effect"), calls_about_the_choice(CALM))
    def test_plans_the_same_blocks(self, call, after_effect):
        lab = laboratory()
        moment = max((m for m in MOMENTS if m.calls <= call), key=lambda m: m.now)
        lab.now = moment.now
        lab.cluster.resume(moment.cluster)
        lab.cluster.crash_at = call
        lab.cluster.crash_after_effect = after_effect

        status = asyncio.run(lab.run())

        assert lab.cluster.crash_at is None
        calm = CALM.status()
        for field in ("phase", "progress", "fingerprint", "chosen", "precision", "results"):
            assert status[field] == calm[field]
        assert sorted(lab.cluster.finished_runs) == sorted(CALM.cluster.finished_runs)
        assert lab.leftovers() == set()
