"""The operator's clock steps while an experiment is under way: nothing comes out otherwise."""

import pytest

from tests.manifests import Json
from tests.reconcile.laboratory import Laboratory

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
