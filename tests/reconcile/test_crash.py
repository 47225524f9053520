"""The operator dies at every single request, before it or right after it took effect.

However it died, a fresh one must bring the experiment to the end that an undisturbed one reaches:
the same phase, verdict and rows, every trial run once, nothing left behind.
"""

import asyncio

import pytest
from laboratory import Laboratory

SPEC = {"replicates": 1}


def undisturbed(*, forgetful: bool) -> Laboratory:
    lab = Laboratory(forgetful=forgetful)
    lab.submit(**SPEC)
    asyncio.run(lab.run())
    return lab


def outcome(lab: Laboratory) -> dict[str, object]:
    status = lab.status()
    return {
        "phase": status["phase"],
        "verdict": status["verdict"],
        "progress": status["progress"],
        "fingerprint": status["fingerprint"],
        "results": status["results"],
        "runs": sorted(lab.cluster.finished_runs),
        "leftovers": lab.leftovers(),
    }


CALM = {forgetful: undisturbed(forgetful=forgetful) for forgetful in (True, False)}
CALM_OUTCOME = outcome(CALM[True])
READS = ("get", "list", "logs")


@pytest.mark.parametrize("forgetful", [True, False], ids=["fresh", "remembering"])
@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_death_at_any_request_changes_nothing(after_effect, forgetful):
    for call, request in enumerate(CALM[forgetful].cluster.calls):
        if request.startswith(READS) and (after_effect or not forgetful):
            continue  # has no effect; before each, death is tried with the fresh operator
        lab = Laboratory(forgetful=forgetful)
        lab.submit(**SPEC)
        lab.cluster.crash_at = call
        lab.cluster.crash_after_effect = after_effect

        asyncio.run(lab.run())

        assert lab.cluster.crash_at is None, f"request {call} was never made"
        assert outcome(lab) == CALM_OUTCOME, f"died at request {call}: {request}"


def test_what_an_operator_remembers_does_not_show_in_the_result():
    assert outcome(CALM[False]) == CALM_OUTCOME
