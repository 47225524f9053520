"""The service's node is cut off in mid-run: the attempt does not count, and is made again."""

import json

from loadlab.kube.api import Manifest
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory

TRIAL = f"{CHILD}-001"
ANSWERED = 2  # of the five seconds


def log_of(run: str) -> str:
    """In the first run nobody reaches the service any more after two seconds."""
    text = generator_log(run=run)
    if run != f"{TRIAL}-a1":
        return text
    return "\n".join(json.dumps(_as_cut_off(json.loads(line))) for line in text.split("\n"))


def _as_cut_off(line: Manifest) -> Manifest:
    snapshot = line.get("loadlab_snapshot", {})
    if snapshot.get("edge") == "end":
        del snapshot["components"]["service"]
        snapshot["errors"]["service"] = "cut off: http://s:9000: no connection within 1.5 s"
    for second in (
        line.get("loadlab_result", {})
        .get("scenarios", {})
        .get("measure", {})
        .get("series", ())[ANSWERED:]
    ):
        second["err"] = second["n"]
    return line


async def test_an_attempt_whose_node_was_cut_off_does_not_count_and_is_repeated():
    lab = Laboratory(log_of=log_of)
    lab.submit(replicates=1)

    status = await lab.run()

    assert (status["phase"], status["trials"]["succeeded"]) == ("Succeeded", 2)
    [former] = lab.trials()[TRIAL]["status"]["formerAttempts"]
    assert former["reason"] == "ResultInvalid"
    assert "no connection to service (on node node-1) could be made" in former["message"]
