"""A twentieth of the requests gets no answer within the default time-out of 20 s.

They wait for longer than the load lasts, the warm-up included: no throughput is theirs, and beyond
the 95 of a hundred that are answered nobody knows a percentile.
"""

import subprocess

import pytest

from tests.e2e.cluster_tools import ENVIRONMENT, REPOSITORY, Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

RATE, LATE = 100, 0.05
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "factors": {
        "rate": [RATE],
        "delayMs": [5],
        "slowMs": [25_000],
        "slowPermille": [int(1000 * LATE)],
    },
    "replicates": 3,
    "load": {"executor": "constant-arrival-rate", "warmup": "2s", "duration": "10s"},
    "successCriteria": [
        {"name": "tail", "metric": "http_req_duration", "threshold": "p(99)<100"},
        {"name": "most", "metric": "http_req_duration", "threshold": "p(90)<100"},
    ],
}


def test_time_outs_of_20_s_lengthen_the_tail(lab: Lab, measured):
    lab.submit("late", **SPEC)
    status = lab.wait("late", 600)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    (row,) = status["results"]
    tail, most, unasked = status["criteria"]
    printed = results_of(lab, "late")

    measured(
        23,
        f"p90 {row['latencyMs']['p90']} ms, p99 {tail['value']} ms: {tail['outcome']}; "
        f"failed {row['failedRate']}; {row['requestsPerSecond']['mean']:.1f} good/s of {RATE}; "
        f"verdict {status['verdict']}",
    )
    assert row["failedRate"] == pytest.approx(LATE, abs=0.005)
    assert row["requestsPerSecond"]["mean"] == pytest.approx((1 - LATE) * RATE, rel=0.02)
    assert row["latencyMs"]["lowerBoundAbove"] == pytest.approx(100 * (1 - LATE), abs=0.5)
    assert row["latencyMs"]["p99"] == 20_000
    assert "> 20,000" in printed
    assert (tail["outcome"], tail["value"]) == ("Failed", "> 20000")
    assert most["outcome"] == "Passed", most
    assert (unasked["name"], unasked["outcome"]) == ("requests-succeed", "Failed")
    assert status["verdict"] == "Failed"


def results_of(lab: Lab, name: str) -> str:
    """Return the table; the command ends as its experiment did."""
    command = [str(REPOSITORY / ".venv/bin/loadlab"), "results", name, "-n", lab.namespace]
    ended = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    printed: str = ended.stdout
    return printed
