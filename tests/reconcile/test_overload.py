"""A service that does not carry the offered load: one attempt, a row that says so, and Failed."""

import json
from typing import Any

from tests.manifests import Json
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory

OFFERED: Json = {
    "replicates": 2,
    "variants": [{"name": "sync"}],
    "load": {
        "duration": "5s",
        "settling": "0s",
        "warmup": "1s",
        "executor": "constant-arrival-rate",
    },
    "factors": {"rate": [2400]},
    "successCriteria": [
        {"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<60000"},
    ],
}


def dropping_log(**generator: Any) -> str:
    """Of 2,400/s, 2,000/s were sent."""
    *lines, last = generator_log(run="any", requests=10_000).splitlines()
    result: Json = json.loads(last)
    measure = result["loadlab_result"]["scenarios"]["measure"]
    measure["droppedIterations"] = 2_000
    measure["generator"] |= generator
    return "\n".join([*lines, json.dumps(result)])


async def test_overload_is_a_result_of_one_attempt():
    lab = Laboratory(log=dropping_log())
    lab.submit(**OFFERED)

    status = await lab.run()

    (row,) = status["results"]
    assert status["phase"] == "Succeeded"
    assert status["verdict"] == "Failed"
    assert row["load"] == "Overloaded"
    assert row["replicates"] == {"planned": 2, "valid": 2, "overloaded": 2}
    assert row["requestsPerSecond"]["mean"] == 2000
    assert row["latencyMs"]["lowerBoundAbove"] == 0
    assert row["p95Ms"]["standing"] == "Bound"
    (tail,) = status["criteria"]
    assert (tail["outcome"], tail["value"]) == ("Failed", "> 1.66")
    assert [trial["status"]["attempt"] for trial in lab.trials().values()] == [1, 1]
    assert "best" not in status


async def test_a_load_that_k6_could_not_make_is_repeated():
    lab = Laboratory(log=dropping_log(cpuSeconds=4.5))
    lab.submit(**OFFERED | {"replicates": 1})

    status = await lab.run()

    trial = lab.trials()[f"{CHILD}-001"]["status"]
    assert status["phase"] == "Failed"
    assert (trial["phase"], trial["attempt"]) == ("Invalid", 2)
    assert "k6 was short of CPU itself" in trial["formerAttempts"][0]["message"]


async def test_a_service_that_answers_nothing_well_fails_its_criteria_at_once():
    *lines, last = generator_log(run="any").splitlines()
    result: Json = json.loads(last)
    measure = result["loadlab_result"]["scenarios"]["measure"]
    measure |= {"failed": 12_000, "status": {"5xx": 12_000}}
    measure["splits"][0] |= {"class": "5xx", "failed": 12_000}
    lab = Laboratory(log="\n".join([*lines, json.dumps(result)]))
    lab.submit(replicates=1, variants=[{"name": "sync"}])

    status = await lab.run()

    assert status["verdict"] == "Failed"
    assert status["results"][0]["failedRate"] == 1
    assert status["criteria"][0]["outcome"] == "Failed"
    assert lab.trials()[f"{CHILD}-001"]["status"]["attempt"] == 1
