"""Test 1: the operator is killed after a write, before it hears the answer, and started again."""

import pytest

from tests.reliability.site import Site

pytestmark = pytest.mark.integration


async def test_three_kills_in_one_experiment_change_nothing(site: Site):
    await site.submit("calm")
    await site.finished("calm", 90)
    calm = await site.outcome("calm")
    writes = len(site.proxy.writes)

    kills = kill_after(site, [writes // 7, writes // 3, writes // 2])
    await site.submit("shaken")
    await site.finished("shaken", 120)

    print(f"{writes} writes; killed after {kills}")
    assert len(kills) == 3
    assert await site.outcome("shaken") == calm
    assert site.runs("shaken") == site.runs("calm")
    assert site.operator.breakdowns() == []


def kill_after(site: Site, numbers: list[int]) -> list[int]:
    """Kill the operator after its n-th write from now on, and start it again."""
    before, done = len(site.proxy.writes), list[int]()

    def kill(_: object) -> None:
        if len(site.proxy.writes) - before in numbers:
            done.append(len(site.proxy.writes) - before)
            site.operator.kill()
            site.operator.start()

    site.proxy.after_write = kill
    return done
