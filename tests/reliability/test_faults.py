"""Test 3: refusals, lost answers and stale lists, drawn from a seed."""

import asyncio
import os

import pytest

from tests.reliability.proxy import CALM, Faults
from tests.reliability.site import SIX_TRIALS, Json, Site

TWO_TRIALS: Json = SIX_TRIALS | {"replicates": 1}
STORM = Faults(conflicts=0.2, errors=0.05, throttled=0.02, lost_answers=0.05, stale_lists=0.1)
RUNS = int(os.environ.get("FAULT_RUNS", "40"))
SECONDS = 900.0  # in which runs begin: each takes a minute or two, as half of its passes fail


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param(1, marks=pytest.mark.integration, id="short"),
        pytest.param(RUNS, marks=pytest.mark.reliability, id="long"),
    ],
)
async def test_faults_change_nothing(site: Site, measured, runs):
    await site.submit("calm", TWO_TRIALS)
    await site.finished("calm", 90)
    calm, wrong, done = await site.outcome("calm"), list[str](), 0
    loop = asyncio.get_running_loop()
    began = loop.time()
    while done < runs and loop.time() - began < SECONDS:
        name = f"storm-{done}"
        site.proxy.faults = STORM
        await site.submit(name, TWO_TRIALS)
        await site.finished(name, 600)
        site.proxy.faults = CALM
        if await site.outcome(name) != calm or site.runs(name) != site.runs("calm"):
            found = [trial["status"]["formerAttempts"] for trial in await site.trials(name)]
            wrong.append(f"{name}: {found} {site.runs(name)} {await site.outcome(name)}")
        done += 1

    met = ", ".join(f"{fault}: {count}" for fault, count in sorted(site.proxy.met.items()))
    measured(3, f"{done - len(wrong)} of {done} runs in the undisturbed state; met: {met}")
    assert not wrong, "\n".join(wrong)
    assert site.operator.breakdowns() == []
