"""Tests 1 and 6: the operator is killed after a write, before it hears the answer."""

import asyncio
import random

import pytest

from tests.reliability.site import SIX_TRIALS, Json, Site

LIMIT = 30.0  # seconds after the operator's restart in which six trials are over
TWENTY_TRIALS: Json = SIX_TRIALS | {"replicates": 10}


@pytest.mark.integration
async def test_three_kills_in_one_experiment_change_nothing(site: Site, measured):
    calm, writes = await undisturbed(site)

    kills = kill_after(site, {writes // 7, writes // 3, writes // 2})
    await site.submit("shaken")
    await site.finished("shaken", 120)

    measured(1, f"{len(kills)} kills in one run of {writes} writes: the undisturbed state")
    assert len(kills) == 3
    assert await site.outcome("shaken") == calm
    assert site.runs("shaken") == site.runs("calm")
    assert site.operator.breakdowns() == []


@pytest.mark.reliability
@pytest.mark.parametrize("first", [1, 2], ids=["odd", "even"])
async def test_a_kill_after_each_write_changes_nothing(site: Site, measured, first):
    """All of them take longer than a part may: one half of them after the other."""
    calm, writes = await undisturbed(site)
    points, runs = range(first, writes + 1, 2), site.runs("calm")
    took, wrong, unreached = list[float](), list[str](), 0
    for number in points:
        name = f"killed-{number}"
        kills = kill_after(site, {number})
        await site.submit(name)
        await site.finished(name, 120)
        if not kills:  # how often progress is written depends on how long it takes
            unreached += 1
            await site.clear()
            continue
        took.append(asyncio.get_running_loop().time() - kills[-1])
        if await site.outcome(name) != calm or site.runs(name) != runs:
            wrong.append(f"after write {number}: {await site.outcome(name)} {site.runs(name)}")
        await site.clear()
        print(f"write {number} of {writes}: over {took[-1]:.1f} s after the death", flush=True)

    reached = len(points) - unreached
    right = f"{reached - len(wrong)} of {reached} kill points ({writes} writes)"
    measured(1, f"{right} in the undisturbed state; over at most {max(took):.1f} s after the death")
    assert wrong == []
    assert unreached <= len(points) // 10
    assert max(took) <= LIMIT
    assert site.operator.breakdowns() == []


@pytest.mark.reliability
async def test_ten_random_restarts_in_twenty_trials(site: Site, measured):
    await site.submit("calm", TWENTY_TRIALS)
    await site.finished("calm", 180)
    calm = await site.outcome("calm")
    writes = len(site.proxy.writes)

    kills = kill_after(site, set(random.Random(6).sample(range(1, writes), 10)))
    await site.submit("restarted", TWENTY_TRIALS)
    await site.finished("restarted", 300)

    again = len(site.runs("restarted")) - len(site.runs("calm"))
    measured(6, f"{len(kills)} restarts: {again} runs more than the calm sweep's, the same result")
    assert len(kills) == 10
    assert await site.outcome("restarted") == calm
    assert again == 0


async def undisturbed(site: Site) -> tuple[Json, int]:
    """Run the six trials in peace; return the outcome and how many writes they take."""
    await site.submit("calm")
    await site.finished("calm", 90)
    return await site.outcome("calm"), len(site.proxy.writes)


def kill_after(site: Site, numbers: set[int]) -> list[float]:
    """Kill the operator after its n-th write from now on, and start it again; note when."""
    before, moments = len(site.proxy.writes), list[float]()

    def kill(_: object) -> None:
        if len(site.proxy.writes) - before in numbers:
            moments.append(asyncio.get_running_loop().time())
            site.operator.kill()
            site.operator.start()

    site.proxy.after_write = kill
    return moments
