"""Why requests failed, from a generator's log to the statuses of trial and experiment."""

import json

from tests.manifests import Json
from tests.reconcile.generator_log import generator_log, hdr
from tests.reconcile.laboratory import CHILD, Laboratory

FAILURES = [
    {
        "class": "5xx",
        "text": "500 Internal Server Error",
        "requests": 900,
        "example": "\x1b[2Jfull",
    },
    {"class": "err", "text": "read: connection reset by peer", "requests": 100},
    *({"class": "err", "text": f"strange {n}", "requests": 1} for n in range(9)),
]


def failing_log() -> str:
    *lines, last = generator_log(run="any").splitlines()
    result: Json = json.loads(last)
    measure = result["loadlab_result"]["scenarios"]["measure"]
    measure |= {"failed": 1009, "failures": FAILURES}
    measure["status"] = {"2xx": 10_991, "5xx": 900, "err": 109}
    return "\n".join([*lines, json.dumps(result)])


async def test_the_five_most_frequent_texts_stand_in_trial_and_row():
    lab = Laboratory(log=failing_log())
    lab.submit(replicates=1, variants=[{"name": "sync"}])

    status = await lab.run()

    (row,) = status["results"]
    trial = lab.trials()[f"{CHILD}-001"]["status"]
    assert trial["failures"] == row["failures"]
    assert (
        trial["statusClasses"] == row["statusClasses"] == {"2xx": 10_991, "5xx": 900, "none": 109}
    )
    assert [failure["text"] for failure in row["failures"][:2]] == [
        "500 Internal Server Error",
        "read: connection reset by peer",
    ]
    assert row["failures"][0] == {
        "class": "5xx",
        "text": "500 Internal Server Error",
        "example": "[2Jfull",
        "requests": 900,
        "share": 0.075,
    }
    assert len(row["failures"]) == 5


def timing_out_log() -> str:
    """Of 12,000 requests one in twenty had no answer within the time-out."""
    *lines, last = generator_log(run="any").splitlines()
    result: Json = json.loads(last)
    measure = result["loadlab_result"]["scenarios"]["measure"]
    (answered,) = measure["splits"]
    text = "request timeout"
    measure |= {"failed": 600, "failures": [{"class": "err", "text": text, "requests": 600}]}
    measure["status"] = {"2xx": 11_400, "err": 600}
    lost, good = hdr((20_000_000,) * 600), hdr((1_600,) * 11_400)
    measure["splits"] = [
        answered | {"requests": 11_400, "http_req_duration": good, "http_req_total": good},
        answered
        | {"class": "err", "requests": 600, "failed": 600}
        | {"http_req_duration": lost, "http_req_total": lost},
    ]
    return "\n".join([*lines, json.dumps(result)])


async def test_time_outs_are_no_throughput_and_lengthen_the_tail():
    lab = Laboratory(log=timing_out_log())
    tail = {"name": "tail", "metric": "http_req_duration", "threshold": "p(99)<100"}
    lab.submit(replicates=1, variants=[{"name": "sync"}], successCriteria=[tail])

    status = await lab.run()

    (row,) = status["results"]
    assert row["latencyMs"]["p99"] == 20_000
    assert row["latencyMs"]["lowerBoundAbove"] == 95
    assert row["requestsPerSecond"]["mean"] == 11_400 / 5
    assert row["failedRate"] == 0.05
    assert row["reasons"][0].startswith("Unanswered: 600 of 12000 requests had no answer within 20")
    found, unasked = status["criteria"]
    assert (unasked["name"], unasked["outcome"]) == ("requests-succeed", "Failed")
    assert (found["outcome"], found["value"]) == ("Failed", "> 20000")
    assert status["verdict"] == "Failed"
