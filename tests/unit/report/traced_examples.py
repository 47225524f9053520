"""Trials whose requests were traced: a page in a thread, and a ping that waits for the loop."""

from typing import Any

from tests.unit.report.examples import Resource, row, trial

PING = {
    "process": 0, "name": "GET /ping", "status": 200, "atUs": 10_000, "us": 20_000,
    "spans": [["loop", 0, 19_000], ["serialise", 19_500, 100]],
}  # fmt: skip
PAGE = {
    "process": 0, "name": "GET /wells", "status": 200, "atUs": 5_000, "us": 40_000,
    "spans": [["thread", 1_000, 4_000], ["connection", 5_000, 1_000], ["query", 8_000, 30_000]],
}  # fmt: skip
TRACE: Resource = {
    "seconds": 1,
    "processes": [{"process": 0, "seen": 2, "blocked": [[9_000, 250_000]]}],
    "requests": [PAGE, PING],
}


def traced(variant: str, **status: Any) -> Resource:
    made = trial(90, row(variant, 1, 400)["cell"], 400, **status)
    made["spec"] |= {"role": "Traced", "replicate": 0, "position": 1}
    made["metadata"]["name"] = f"wells-3f2a11-t{len(variant):03}"
    return made
