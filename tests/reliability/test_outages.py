"""Tests 2 and 4: watches that say nothing, and an API server that is away."""

import asyncio

import pytest

from tests.reliability.site import SIX_TRIALS, Json, Site, eventually

TWO_TRIALS: Json = SIX_TRIALS | {"replicates": 1}


def short(seconds: float) -> object:
    return pytest.param(seconds, marks=pytest.mark.integration, id="short")


def long(seconds: float) -> object:
    return pytest.param(seconds, marks=pytest.mark.reliability, id="long")


@pytest.mark.parametrize("seconds", [short(6), long(60)])
async def test_silent_watches_cost_time_and_nothing_else(site: Site, measured, seconds):
    """One experiment is under way when they fall silent, a longer one also sees another created."""
    await site.submit("before", TWO_TRIALS)
    await eventually(lambda: in_phase(site, "before", "Running"), 60, "the first is under way")
    site.proxy.silent = True
    names = ["before"] if seconds < 45 else ["before", "meanwhile"]  # seen when its watch ends
    for name in names[1:]:
        await site.submit(name, TWO_TRIALS)
    await asyncio.sleep(seconds)
    site.proxy.silent = False
    began = asyncio.get_running_loop().time()

    phases = [(await site.finished(name, 75))["phase"] for name in names]

    took = asyncio.get_running_loop().time() - began
    measured(2, f"{seconds:.0f} s of silence; {len(names)} over {took:.0f} s after it")
    assert set(phases) == {"Succeeded"}
    assert [site.runs(name) for name in names] == [["001-a1", "002-a1"]] * len(names)
    assert took <= 75


@pytest.mark.parametrize(
    ("phase", "seconds"),
    [
        pytest.param("Running", 5, marks=pytest.mark.integration, id="short"),
        *(
            pytest.param(phase, 60, marks=pytest.mark.reliability, id=f"long-{phase}")
            for phase in ("Preparing", "Running", "Analyzing")
        ),
    ],
)
async def test_an_api_server_that_is_away(site: Site, measured, phase, seconds):
    await site.submit("away", TWO_TRIALS)
    await eventually(lambda: in_phase(site, "away", phase), 60, phase, every=0.01)
    site.proxy.leave()
    await asyncio.sleep(seconds)
    before = len(site.proxy.writes)
    site.proxy.come_back()
    back = asyncio.get_running_loop().time()
    assert site.operator.is_running()

    async def wrote() -> bool:
        return len(site.proxy.writes) > before

    await eventually(wrote, 60, "the first write")
    resumed = asyncio.get_running_loop().time() - back
    status = await site.finished("away", 120)

    measured(4, f"{phase}: away {seconds:.0f} s, first write {resumed:.1f} s after the return")
    assert resumed <= 15
    assert status["phase"] == "Succeeded"
    assert [trial[1] for trial in (await site.outcome("away"))["trials"]] == ["Succeeded"] * 2
    assert site.operator.starts == 1


async def in_phase(site: Site, name: str, phase: str) -> bool:
    return (await site.status(name)).get("phase") == phase
