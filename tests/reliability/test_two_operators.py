"""Test 5: two operators; the one that writes is killed or held up, and the other takes over."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.reliability.operator_process import OperatorProcess
from tests.reliability.proxy import FaultProxy
from tests.reliability.site import SIX_TRIALS, Json, Site, eventually

ENDLESS: Json = SIX_TRIALS | {  # somebody always has something to write
    "factors": {"workers": [1], "virtualUsers": list(range(1, 11))},
    "replicates": 30,
    "maxTrials": 600,
}
LEASE = "/apis/coordination.k8s.io/v1/namespaces/loadlab-system/leases/loadlab"


@dataclass
class Pair:
    site: Site
    proxies: dict[str, FaultProxy]
    operators: dict[str, OperatorProcess]

    async def holder(self) -> str:
        return str((await self.site.ask("GET", LEASE))["spec"]["holderIdentity"])

    def writers(self) -> list[str]:
        """Who wrote, in the order of the writes: a name for each time that it changes."""
        named = [(w.moment, name) for name, proxy in self.proxies.items() for w in proxy.writes]
        order = [name for _, name in sorted(named)]
        return [name for i, name in enumerate(order) if i == 0 or order[i - 1] != name]


@pytest.fixture
async def pair(site: Site) -> AsyncIterator[Pair]:
    async with site.add_proxy().running() as second:
        other = OperatorProcess(second.address, site.folder, identity="operator-1")
        proxies = {"operator-0": site.proxy, "operator-1": second}
        pair = Pair(site, proxies, {"operator-0": site.operator, "operator-1": other})
        await site.submit("endless", ENDLESS)
        await eventually(lambda: wrote(pair, "operator-0"), 60, "the first writes")
        other.start()
        try:
            await eventually(lambda: is_up(other), 60, "the second one is up")
            yield pair
        finally:
            other.send(signal.SIGCONT)
            other.kill()


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(1, marks=pytest.mark.integration, id="short"),
        pytest.param(20, marks=pytest.mark.reliability, id="long"),
    ],
)
async def test_one_writes_and_the_other_takes_over(pair: Pair, measured, times):
    took = []
    for number in range(times):
        active = await pair.holder()
        heir = next(name for name in pair.operators if name != active)
        began = asyncio.get_running_loop().time()
        if number % 2:
            pair.operators[active].send(signal.SIGSTOP)
        else:
            pair.operators[active].kill()
        before = len(pair.proxies[heir].writes)
        await eventually(lambda: holds(pair, heir), 30, "the Lease changes hands")  # noqa: B023
        took.append(asyncio.get_running_loop().time() - began)
        await eventually(lambda: wrote(pair, heir, before), 30, "the heir writes")  # noqa: B023
        await come_back(pair, active, held_up=bool(number % 2))

    changes = pair.writers()
    measured(5, f"{times} hand-overs, at most {max(took):.1f} s; writers in turn: {len(changes)}")
    assert changes == [f"operator-{i % 2}" for i in range(times + 1)]
    assert max(took) <= 20


async def come_back(pair: Pair, name: str, *, held_up: bool) -> None:
    """Let the former writer live again: it may believe whatever it likes, and writes nothing."""
    if held_up:
        pair.operators[name].send(signal.SIGCONT)
    else:
        pair.operators[name].start()
    await eventually(lambda: is_up(pair.operators[name]), 60, "the former writer is up")
    await asyncio.sleep(3)


async def is_up(operator: OperatorProcess) -> bool:
    return await asyncio.to_thread(operator.health_seconds) < 10


async def holds(pair: Pair, name: str) -> bool:
    return await pair.holder() == name


async def wrote(pair: Pair, name: str, before: int = 0) -> bool:
    return len(pair.proxies[name].writes) > before
