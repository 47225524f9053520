"""Test 13: five hundred experiments at once, and an operator that starts with them there."""

import asyncio

import pytest

from loadlab.base.times import epoch
from tests.reliability.site import GROUP, NAMESPACE, SIX_TRIALS, Site, eventually

pytestmark = pytest.mark.reliability
COUNT = 500


async def test_five_hundred_experiments(site: Site, measured):
    spec, idle = SIX_TRIALS | {"suspend": True}, site.operator.cpu_seconds()
    for first in range(0, COUNT, 20):
        await asyncio.gather(*(site.submit(f"m-{n:03d}", spec) for n in range(first, first + 20)))
    await eventually(lambda: all_accepted(site), 120, "all accepted", every=1.0)
    waited = sorted([seconds_to_acceptance(item) for item in await experiments(site)])
    used = site.operator.cpu_seconds() - idle
    writes, peak = len(site.proxy.writes) / COUNT, site.operator.resident_mebibytes()

    site.operator.kill()
    began = asyncio.get_running_loop().time()
    site.operator.start()
    await eventually(lambda: is_healthy(site), 30, "ready again")
    ready = asyncio.get_running_loop().time() - began
    await asyncio.sleep(10)
    after = site.operator.resident_mebibytes()

    p99 = waited[int(0.99 * COUNT)]
    measured(
        13,
        f"accepted p99 {p99:.0f} s, by {1000 * used / COUNT:.0f} ms of the operator's CPU each; "
        f"{writes:.1f} writes each; {peak:.0f} MiB, after a restart "
        f"{after:.0f} MiB and ready in {ready:.1f} s",
    )
    assert p99 <= 5 + 1  # both of its times are whole seconds
    assert writes <= 15
    assert max(peak, after) <= 150
    assert ready <= 10


async def experiments(site: Site) -> list[dict[str, object]]:
    return list((await site.ask("GET", f"{GROUP}/{NAMESPACE}/loadexperiments"))["items"])


async def all_accepted(site: Site) -> bool:
    return sum(bool(accepted(item)) for item in await experiments(site)) == COUNT


def accepted(item) -> str:
    found = (item.get("status") or {}).get("conditions") or []
    return next((c["lastTransitionTime"] for c in found if c["type"] == "Accepted"), "")


def seconds_to_acceptance(item) -> float:
    return epoch(accepted(item)) - epoch(item["metadata"]["creationTimestamp"])


async def is_healthy(site: Site) -> bool:
    return await asyncio.to_thread(site.operator.health_seconds) < 10
