"""Why requests failed, from a generator's log to the statuses of trial and experiment."""

import json

from tests.manifests import Json
from tests.reconcile.generator_log import generator_log
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
