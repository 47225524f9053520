"""A load begins on a quiet node at once, and on a busy one when it has become quiet, or in time."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadlab_services.settings import StewardSettings
from loadlab_services.steward import quiet
from loadlab_services.steward.app import create_app
from loadlab_services.steward.quiet import CpuSet, IdleCpus, Reading, await_quiet, read_cpus
from tests.services.stewards import AUTHORIZED, access

EVERY = 0.2  # seconds from one look to the next


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "WINDOW", 0.0)
    monkeypatch.setattr(quiet, "FIRST_WINDOW", 0.0)


Read = Callable[[], Awaitable[Reading]]


def node(
    *busy: float, cpus: int = 2, pressure: float | None = 0.0, service: float | None = None
) -> Read:
    """Build a reader of CPUs of which so many are busy in one window after the other.

    `service`: how many are busy of the service's own one.
    """

    def readings() -> Iterator[Reading]:
        at, used, own, waited = 0.0, 50.0, 20.0, 7.0
        for cpus_busy in (*busy, *[busy[-1]] * 1000):
            sets = {"shared": CpuSet(at, cpus, used)}
            if service is not None:
                sets["service"] = CpuSet(at, 1, own)
            yield Reading(sets, None if pressure is None else waited)
            at, waited = at + EVERY, waited + (pressure or 0.0) * EVERY
            used, own = used + cpus_busy * EVERY, own + (service or 0.0) * EVERY

    read = readings()

    async def look() -> Reading:
        return next(read)

    return look


async def test_a_quiet_node_costs_one_window() -> None:
    found = await await_quiet(30.0, None, IdleCpus(), node(0.1))

    assert found.quiet
    assert found.waited_seconds == pytest.approx(0.2)
    assert found.busy_cpus == pytest.approx(0.1)


async def test_a_load_waits_until_the_others_are_done() -> None:
    found = await await_quiet(30.0, None, IdleCpus(), node(1.4, 1.4, 0.9, 0.05))

    assert found.quiet
    assert found.waited_seconds == pytest.approx(0.8)


async def test_who_is_never_done_is_not_waited_for_longer_than_that() -> None:
    found = await await_quiet(5.0, None, IdleCpus(), node(1.4))

    assert not found.quiet
    assert 4.7 < found.waited_seconds < 5.1
    assert found.busy_cpus == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("read", "allowed", "is_quiet"),
    [
        (node(0.35), None, False),
        (node(0.35, cpus=16), None, True),  # a few of many CPUs
        (node(1.4, pressure=0.9), 1.5, True),  # as the spec allows
        (node(1.6), 1.5, False),
        (node(0.1, pressure=0.5), None, False),  # somebody waits all the same
        (node(0.1, pressure=None), None, True),  # a kernel that does not tell
        (node(0.1, service=0.5), None, False),  # somebody is on the service's own CPU
        (node(0.1, service=0.1), None, True),
    ],
)
async def test_what_is_quiet(read: Read, allowed: float | None, is_quiet: bool) -> None:
    found = await await_quiet(0.1, allowed, IdleCpus(), read)

    assert found.quiet is is_quiet


async def test_what_is_idle_is_the_mean_of_the_quiet_windows() -> None:
    idle = IdleCpus()

    first = await await_quiet(30.0, None, idle, node(1.4, 0.2, service=0.1))
    second = await await_quiet(30.0, None, idle, node(0.1, service=0.05))

    assert first.idle_cpus == pytest.approx({"shared": 0.2, "service": 0.1})
    assert second.idle_cpus == pytest.approx({"shared": 0.15, "service": 0.075})


async def test_a_busy_node_does_not_say_what_is_idle() -> None:
    found = await await_quiet(1.0, None, IdleCpus(), node(1.4))

    assert found.idle_cpus == {}


async def test_the_first_look_is_a_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "FIRST_WINDOW", 7.0)
    idle = IdleCpus()
    assert idle.window == 7.0

    idle.add(Reading({"shared": CpuSet(0, 2, 0)}), Reading({"shared": CpuSet(7, 2, 1)}))

    assert idle.window == quiet.WINDOW


async def test_the_shared_cpus_and_those_of_the_service_are_read(tmp_path: Path) -> None:
    pressure = tmp_path / "cpu"
    pressure.write_text("some avg10=1.00 avg60=2.00 avg300=3.00 total=2500000\nfull avg10=0.00\n")

    async def service() -> dict[str, Any]:
        return {"allowedCpus": {"cpus": 3, "cpuSeconds": 7.0, "stealSeconds": 0.5}}

    async def away() -> str:
        return "no answer within 2 s"

    both = await read_cpus(service, pressure)
    alone = await read_cpus(away, tmp_path / "none")

    assert (both.sets["service"].cpus, both.sets["service"].busy_seconds) == (3, 7.5)
    assert both.pressure_seconds == 2.5
    assert alone.sets.keys() == {"shared"}
    assert alone.pressure_seconds is None


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"cpus": "1", "cpuSeconds": 1.0, "stealSeconds": 0.0},
        {"cpus": 1, "cpuSeconds": float("inf"), "stealSeconds": 0.0},
        {"cpus": 1, "cpuSeconds": float("nan"), "stealSeconds": 0.0},
        {"cpus": 10**400, "cpuSeconds": 1.0, "stealSeconds": 0.0},
    ],
)
async def test_what_an_image_makes_up_is_not_looked_at(said: object) -> None:
    async def service() -> dict[str, Any]:
        return {"allowedCpus": said}

    assert (await read_cpus(service)).sets.keys() == {"shared"}


async def test_the_snapshots_of_a_run_tell_what_was_seen_before_its_load() -> None:
    run = "nap-001-a1"
    settings = StewardSettings(workload="sleep", **access(run) | {"quiet_seconds": 0.1})
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://steward") as client,
    ):
        client.headers.update(AUTHORIZED)
        snapshot = f"/runs/{run}/snapshot?variant=own"
        before = (await client.get(snapshot)).json()
        await client.post(f"/runs/{run}/arrive", json={"pod": 0, "pods": 1, "timeoutMs": 5000})
        after = (await client.get(snapshot)).json()

    assert "quietness" not in before
    assert after["quietness"].keys() >= {"quiet", "waitedSeconds", "busyCpus", "idleCpus"}
