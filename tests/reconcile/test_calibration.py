"""A calibration tells what k6 itself adds and can send; it counts nowhere else."""

import json

import pytest

from tests.manifests import Json
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory

LOAD: Json = {"duration": "5s", "warmup": "1s", "settling": "0s", "calibration": "4s"}
NAME = f"{CHILD}-p001"


def calibrated(run: str, ceiling: int, busy: float | None = None) -> str:
    """The log of a calibration in which k6 made so many requests in a closed loop of 5 s."""
    *others, result = generator_log(run=run, busy=busy).splitlines()
    loop = json.loads(generator_log(run=run, requests=ceiling).splitlines()[-1])
    document = json.loads(result)
    scenarios = document["loadlab_result"]["scenarios"]
    scenarios["ceiling"] = loop["loadlab_result"]["scenarios"]["measure"]
    return "\n".join([*others, json.dumps(document)])


def laboratory(
    ceiling: int = 24_000, *, busy: float | None = None, forgetful: bool = True
) -> Laboratory:
    def log_of(run: str) -> str:
        spec = lab.trials()[run.rpartition("-")[0]]["spec"]
        is_calibration = spec["role"] == "Calibration"
        return calibrated(run, ceiling, busy) if is_calibration else generator_log(run=run)

    lab = Laboratory(log_of=log_of, forgetful=forgetful)
    return lab


@pytest.mark.parametrize("forgetful", [True, False])
async def test_it_goes_first_and_stands_in_the_status(forgetful):
    lab = laboratory(forgetful=forgetful)
    lab.submit(load=LOAD, replicates=3)

    status = await lab.run()

    assert lab.cluster.finished_runs[0] == f"{NAME}-a1"
    assert (status["phase"], status["progress"]) == ("Succeeded", "6/6")
    assert status["calibration"] == {
        "rate": 500, "p50Ms": 1.63, "p99Ms": 1.66, "ceilingPerSecond": 4800,
    }  # fmt: skip
    assert status["preliminarySeconds"] > 0
    for row in status["results"]:
        assert row["p95Ms"]["low"] == 0  # nothing is known of a service as fast as k6 itself
        assert row["p95Ms"]["high"] == row["p95Ms"]["mean"]
        assert "standing" not in row["requestsPerSecond"]


async def test_a_closed_loop_near_the_ceiling_is_a_lower_bound():
    lab = laboratory(ceiling=14_000)
    lab.submit(load=LOAD)

    status = await lab.run()

    found = [row["requestsPerSecond"] for row in status["results"]]
    assert [(it["standing"], it["why"]) for it in found] == [("Bound", "GeneratorCeiling")] * 2


@pytest.mark.parametrize(("given", "verdict"), [("0s", "Failed"), ("4s", "Inconclusive")])
async def test_a_criterion_within_the_delay_of_k6_itself_is_not_decided(given, verdict):
    tail = {"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<1.65"}
    lab = laboratory()
    lab.submit(load=LOAD | {"calibration": given}, replicates=3, successCriteria=[tail])

    status = await lab.run()

    assert status["verdict"] == verdict


async def test_one_that_others_spoiled_is_repeated_and_given_up():
    lab = laboratory(busy=1.4)
    lab.submit(load=LOAD, retry={"attempts": 2})

    status = await lab.run()

    assert lab.cluster.finished_runs[:2] == [f"{NAME}-a1", f"{NAME}-a2"]
    assert lab.trials()[NAME]["status"]["reason"] == "ForeignCpu"
    assert "calibration" not in status
    assert (status["phase"], status["verdict"]) == ("Succeeded", "Passed")
    assert lab.condition("Quiet")["reason"] == "NoneSpoiled"


async def test_compared_at_one_rate_it_measures_k6_at_that_rate_after_the_pilots():
    lab = laboratory()
    load = {"purpose": "Compare", "duration": "5s", "warmup": "1s", "calibration": "4s"}
    lab.submit(load=load, successCriteria=[])

    status = await lab.run()

    (rate,) = {load["rate"] for load in status["chosen"]["loads"]}
    assert status["calibration"]["rate"] == rate
    assert [run for run in lab.cluster.finished_runs if "-p" in run] == [
        f"{CHILD}-p00{number}-a1" for number in (1, 2, 3)
    ]


async def test_it_does_not_run_again_where_somebody_deletes_it():
    lab = laboratory()
    lab.submit(load=LOAD)
    while f"{CHILD}-002" not in lab.trials():
        await lab.step()
    del lab.cluster.objects[next(key for key in lab.cluster.objects if key[2] == NAME)]
    lab.operator.finished.forget()

    status = await lab.run()

    assert status["calibration"]["rate"] == 500
    assert lab.cluster.finished_runs.count(f"{NAME}-a1") == 1
