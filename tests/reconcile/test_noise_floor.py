"""The control cell runs once more in each block: for the noise floor, and for nothing else."""

import pytest

from tests.manifests import Json
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory

TWICE: Json = {"comparison": {"controlTwice": True}, "replicates": 3}


def laboratory(again: int = 12_000, log: str = "", *, forgetful: bool = True) -> Laboratory:
    """Trials of 12,000 requests, of which the second ones of the control make so many."""

    def log_of(run: str) -> str:
        is_again = lab.trials()[run.rpartition("-")[0]]["spec"]["role"] == "ControlAgain"
        own = log or generator_log(run=run, requests=again)
        return own if is_again else generator_log(run=run)

    lab = Laboratory(log_of=log_of, forgetful=forgetful)
    return lab


def floor(status: Json) -> dict[str, float | None]:
    return {each["figure"]: each.get("ratio") for each in status["noiseFloor"]}


@pytest.mark.parametrize("forgetful", [True, False])
async def test_it_is_no_row_and_stands_in_the_status_as_the_noise_floor(forgetful):
    lab, plain = laboratory(forgetful=forgetful), laboratory()
    lab.submit(**TWICE)
    plain.submit(replicates=3)

    status = await lab.run()

    roles = [trial["spec"]["role"] for trial in lab.trials().values()]
    assert (roles.count("ControlAgain"), len(roles)) == (3, 9)
    assert (status["phase"], status["progress"]) == ("Succeeded", "9/9")
    assert floor(status) == {"requestsPerSecond": 1, "cpuMicros": 1, "p95Ms": 1}
    assert {each["blocks"] for each in status["noiseFloor"]} == {3}
    assert lab.condition("Trustworthy")["reason"] == "NoiseFloorLow"
    without = await plain.run()
    for field in ("results", "comparisons", "best", "recommendation", "criteria", "verdict"):
        assert status[field] == without[field]
    assert "noiseFloor" not in {name for name, value in without.items() if value}
    assert plain.condition("Trustworthy") == {}


async def test_a_cell_that_differs_from_itself_makes_nothing_trustworthy():
    lab = laboratory(again=10_000)
    lab.submit(**TWICE)

    status = await lab.run()

    found = lab.condition("Trustworthy")
    assert (found["status"], found["reason"]) == ("False", "SameCellDiffers")
    assert "requests per second 0.833" in found["message"]
    (sentence,) = status["recommendation"]
    assert sentence == (
        "Nothing is recommended: the same cell run twice differs from itself, requests per second "
        "0.833 [0.833, 0.833]."
    )
    assert {row["requestsPerSecond"]["mean"] for row in status["results"]} == {2400}


async def test_one_that_never_came_to_a_result_leaves_it_unknown():
    lab = laboratory(log="nothing")
    lab.submit(**TWICE, retry={"attempts": 1})

    status = await lab.run()

    assert (status["phase"], status["verdict"]) == ("Succeeded", "Passed")
    assert floor(status) == {"requestsPerSecond": None, "cpuMicros": None, "p95Ms": None}
    assert lab.condition("Trustworthy")["status"] == "Unknown"


async def test_terminated_in_its_first_block_it_tells_what_there_is():
    lab = laboratory()
    lab.submit(**TWICE)
    while f"{CHILD}-004" not in lab.trials():
        await lab.step()
    lab.experiment()["spec"]["terminate"] = True

    status = await lab.run()

    assert status["phase"] == "Terminated"
    assert {each["blocks"] for each in status["noiseFloor"]} == {1}
    assert lab.condition("Trustworthy")["status"] == "Unknown"


async def test_compared_at_one_rate_the_second_run_is_offered_the_same():
    lab = laboratory()
    lab.submit(**TWICE, load={"purpose": "Compare", "duration": "5s", "warmup": "1s"})

    status = await lab.run()

    assert {t["spec"]["cell"]["rate"] for t in lab.trials().values() if "rate" in t["spec"]["cell"]}
    assert floor(status) == {"cpuMicros": 1, "p95Ms": 1}
