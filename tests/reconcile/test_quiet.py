"""Runs beside a busy neighbour are void and repeated; where they are many, that is the answer."""

from typing import Any

from tests.manifests import Json
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory

QUIET, BUSY = 0.45, 1.4  # of 2 CPUs, of which the experiment uses 0.32


async def run_beside(*spoiled: str, **spec: Any) -> tuple[Json, dict[int, Json]]:
    """Run four trials of which these attempts, such as 001-a1, have a neighbour."""

    def log_of(run: str) -> str:
        if run.removeprefix(f"{CHILD}-") not in spoiled:
            return generator_log(run=run, busy=QUIET)
        return generator_log(run=run, busy=BUSY, requests=5_000)  # too few for a p99, besides

    lab = Laboratory(log_of=log_of)
    lab.submit(**spec)
    status = await lab.run()
    return status, {t["spec"]["position"]: t["status"] for t in lab.trials().values()}


def quiet(status: Json) -> Json:
    return next((c for c in status["conditions"] if c["type"] == "Quiet"), {})


async def test_on_a_quiet_node_every_run_counts_and_says_what_others_used():
    status, trials = await run_beside()

    assert (quiet(status)["status"], quiet(status)["reason"]) == ("True", "NoneSpoiled")
    assert [trial["foreignCpu"] for trial in trials.values()] == [0.13] * 4
    assert [trial["waitedForQuiet"] for trial in trials.values()] == [1.5] * 4
    assert status["verdict"] == "Passed"


async def test_a_spoiled_run_is_void_and_repeated():
    status, trials = await run_beside("002-a1")

    (void,) = trials[2]["formerAttempts"]
    assert void["reason"] == "ForeignCpu"
    assert void["message"].count(";") == 1  # nothing of what may have come of it
    assert "others used 1.15 CPU of the 2 CPUs beside the service's" in void["message"]
    assert [row["replicates"]["valid"] for row in status["results"]] == [2, 2]
    assert (quiet(status)["status"], quiet(status)["reason"]) == ("True", "FewSpoiled")
    assert quiet(status)["message"].startswith("1 of 5 runs were void because others used the CPUs")
    assert status["verdict"] == "Passed"


async def test_a_node_that_is_not_quiet_passes_nothing():
    """All replicates are there at last: each is sound, but who knows of the next one."""
    status, trials = await run_beside("002-a1", "003-a1")

    assert all(trial["validity"] == "Valid" for trial in trials.values())
    assert (quiet(status)["status"], quiet(status)["reason"]) == ("False", "NotQuiet")
    assert "2 of 6 runs" in quiet(status)["message"]
    assert "others used 1.15 CPU" in quiet(status)["message"]
    assert status["verdict"] == "Inconclusive"


async def test_where_every_attempt_is_spoiled_no_figure_is_used_and_the_node_is_named():
    status, trials = await run_beside(*(f"{n:03d}-a{a}" for n in (1, 2, 3, 4) for a in (1, 2)))

    finished = next(c for c in status["conditions"] if c["type"] == "Finished")
    assert (status["phase"], status["verdict"]) == ("Failed", "Error")
    assert finished["reason"] == "NotQuiet"
    assert "8 of 8 runs were void" in finished["message"]
    assert [trial["reason"] for trial in trials.values()] == ["ForeignCpu"] * 4
    assert [row["replicates"]["valid"] for row in status["results"]] == [0, 0]
    assert all("requestsPerSecond" not in row for row in status["results"])


async def test_a_neighbour_that_is_allowed_spoils_nothing():
    status, _ = await run_beside("002-a1", placement={"foreignCpu": "1500m"})

    assert quiet(status)["reason"] == "NoneSpoiled"
