"""Services that do not do what is asked, or not at once: the row says so, and nothing is repeated.

One is asked for four times as much as it can carry; one answers a twentieth of its requests later
than anybody waits; the worker of one falls behind.
"""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.e2e.premises import measure
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]

CAPACITY = 200  # a second: each request burns 5 ms of the service's one CPU
SPEC = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "factors": {"rate": [4 * CAPACITY], "burnMicros": [5000], "delayMs": [0]},
    "replicates": 1,
    "load": {
        "executor": "constant-arrival-rate",
        "duration": "3s",
        "warmup": "1s",
        "maxVirtualUsers": CAPACITY,
    },
    "successCriteria": [{"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<500"}],
}


def only_row(lab: Lab, name: str, spec: Json) -> tuple[Json, Json]:
    """Run an experiment of one cell on a quiet node: its status, and its row."""
    status, node = measure(lab, name, 180, **spec)
    lab.delete(name)
    node.require()

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    (row,) = status["results"]
    return status, row


LATE: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "factors": {"rate": [200], "delayMs": [5], "slowMs": [2000], "slowPermille": [50]},
    "replicates": 1,
    "load": {
        "executor": "constant-arrival-rate",
        "duration": "3s",
        "warmup": "1s",
        "request": {"timeout": "400ms"},
    },
    "successCriteria": [{"name": "tail", "metric": "http_req_duration", "threshold": "p(99)<100"}],
}


def test_time_outs_lengthen_the_tail_and_are_no_throughput(lab: Lab):
    status, row = only_row(lab, "late", LATE)

    print({name: row[name] for name in ("requestsPerSecond", "failedRate", "latencyMs", "reasons")})
    assert row["failedRate"] == pytest.approx(0.05, abs=0.005)
    assert row["requestsPerSecond"]["mean"] == pytest.approx(0.95 * 200, rel=0.15)
    assert row["latencyMs"]["p99"] == 400
    assert row["latencyMs"]["lowerBoundAbove"] == pytest.approx(95, abs=0.5)
    tail, unasked = status["criteria"]
    assert (tail["outcome"], tail["value"]) == ("Failed", "> 400")
    assert (unasked["name"], unasked["outcome"]) == ("requests-succeed", "Failed")
    assert status["verdict"] == "Failed"


BEHIND: Json = {
    "workload": "reference",
    "variants": [{"name": "queued"}],
    "factors": {"rate": [400], "delayMs": [0], "putOffMicros": [3000]},
    "replicates": 1,
    # Without a warm-up: what it leaves to the worker would be in the cost of the window's rows.
    "load": {"executor": "constant-arrival-rate", "duration": "3s", "warmup": "0s"},
}


def test_work_that_a_worker_does_later_costs_what_it_costs(lab: Lab):
    _, row = only_row(lab, "behind", BEHIND)

    print({name: row[name] for name in ("requestsPerSecond", "cpuMicrosPerRequest", "bottleneck")})
    assert row["load"] == "Kept", row["reasons"]
    assert row["bottleneck"]["name"] == "Queue"
    assert any(reason.startswith("QueueBehind: the queue grew: ") for reason in row["reasons"])
    assert "leavesOutCosts" not in row
    assert 3000 < row["cpuMicrosPerRequest"]["worker"] < 4500


def test_a_service_that_cannot_carry_the_rate_is_a_result_of_one_attempt(lab: Lab):
    status, node = measure(lab, "overload", 180, **SPEC)
    trials = [trial["status"] for trial in lab.trials("overload").values()]
    for trial in trials:
        print(trial["phase"], trial["message"], trial.get("formerAttempts"))
    lab.delete("overload")
    node.require()

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    (row,) = status["results"]
    print({name: row[name] for name in ("requestsPerSecond", "latencyMs", "reasons", "bottleneck")})
    assert (row["load"], status["verdict"]) == ("Overloaded", "Failed")
    assert [trial["attempt"] for trial in trials] == [1]
    assert 0.5 * CAPACITY < row["requestsPerSecond"]["mean"] < 1.05 * CAPACITY
    assert row["latencyMs"]["lowerBoundAbove"] == 0
    assert row["bottleneck"]["name"] == "ServiceCpu", row["bottleneck"]
    assert status["criteria"][0]["value"].startswith("> ")


def test_one_that_answers_all_of_it_in_the_end_did_not_carry_it_either(lab: Lab):
    """The default users take what it does not answer in time, so that nothing is dropped."""
    rate = CAPACITY * 5 // 4
    load = {"executor": "constant-arrival-rate", "duration": "6s", "warmup": "1s"}
    factors = {"rate": [rate], "burnMicros": [5000], "delayMs": [0]}
    status, row = only_row(lab, "behind-time", SPEC | {"factors": factors, "load": load})

    print({name: row[name] for name in ("requestsPerSecond", "latencyMs", "reasons")})
    assert row["requests"] == 6 * rate
    assert (row["load"], status["verdict"]) == ("Overloaded", "Failed")
    assert "requests that were due and had no answer grew" in str(row)
    assert row["requestsPerSecond"]["mean"] < 0.95 * rate
