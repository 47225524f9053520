"""The operator's clock steps or is another than the API server's: nothing comes out otherwise."""

import pytest

from loadlab.progress.clearing import CLEARING, LATE_SHOWN
from tests.manifests import Json
from tests.reconcile.laboratory import CHILD, Laboratory

CALM_STEPS = 60


def outcome(lab: Laboratory) -> Json:
    status = lab.status()
    names = ("phase", "verdict", "progress", "results")
    return {name: status[name] for name in names} | {"runs": sorted(lab.cluster.finished_runs)}


async def run_with_a_step(step: float, after: int) -> Laboratory:
    lab = Laboratory()
    lab.submit(replicates=1)
    for number in range(CALM_STEPS):
        if number == after:
            lab.now += step
        await lab.step()
        if lab.is_finished():
            return lab
    raise AssertionError(f"not finished: {lab.status()}")


@pytest.mark.parametrize("step", [-3600.0, -60.0, 60.0], ids=["-1h", "-60s", "+60s"])
@pytest.mark.parametrize("after", [1, 5, 9])
async def test_a_step_of_the_clock_changes_no_result(step, after):
    calm = await run_with_a_step(0.0, after)

    stepped = await run_with_a_step(step, after)

    assert outcome(stepped) == outcome(calm)
    assert stepped.status()["completionTime"] >= stepped.status()["startTime"]


@pytest.mark.parametrize("ahead", [-600.0, -130.0, 130.0, 200.0, 600.0])
async def test_a_clock_that_differs_all_the_time_changes_no_result(ahead):
    """By 150 s ahead each run that was over was taken for one that does not go."""
    calm = await run_with_a_step(0.0, after=0)

    differing = await run_with_a_step(ahead, after=0)

    assert outcome(differing) == outcome(calm)


async def test_with_a_clock_that_is_ahead_a_run_that_does_not_go_is_awaited_as_long():
    lab = Laboratory()
    lab.submit()
    lab.now += 600
    lab.cluster.never_goes = lambda name: name.startswith(f"{CHILD}-001-a1") and "pod" in name
    while lab.condition("Stalled").get("reason") != "NotCleared":
        await lab.step()
    named = lab.now

    while lab.status()["phase"] == "Running":
        await lab.step()

    assert CLEARING - LATE_SHOWN <= lab.now - named <= CLEARING
    assert lab.condition("Failed")["reason"] == "NotCleared"
