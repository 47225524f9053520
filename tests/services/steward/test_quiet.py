"""A load begins on a quiet node at once, and on a busy one when it has become quiet, or in time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from loadlab_services.settings import StewardSettings
from loadlab_services.steward import quiet
from loadlab_services.steward.app import create_app
from loadlab_services.steward.quiet import Reading, await_quiet, read_node
from tests.services.stewards import AUTHORIZED, access


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "WINDOW", 0.0)


def node(
    *busy: float, cpus: int = 2, pressure: float | None = 0.0, every: float = 0.2
) -> Callable[[], Reading]:
    """Build a reader of a node on which so many CPUs are busy in one window after the other."""

    def readings() -> Iterator[Reading]:
        at, used, waited = 0.0, 50.0, 7.0
        for cpus_busy in (0.0, *busy, *[busy[-1]] * 1000):
            yield Reading(at, cpus, used, None if pressure is None else waited)
            at, waited = at + every, waited + (pressure or 0.0) * every
            used += cpus_busy * every

    read = readings()
    next(read)
    return lambda: next(read)


async def test_a_quiet_node_costs_one_window() -> None:
    found = await await_quiet(30.0, read=node(0.1, 0.1))

    assert found.quiet
    assert found.waited_seconds == pytest.approx(0.2)
    assert found.busy_cpus == pytest.approx(0.1)


async def test_a_load_waits_until_the_others_are_done() -> None:
    found = await await_quiet(30.0, read=node(1.4, 1.4, 0.9, 0.05))

    assert found.quiet
    assert found.waited_seconds == pytest.approx(0.8)


async def test_who_is_never_done_is_not_waited_for_longer_than_that() -> None:
    found = await await_quiet(5.0, read=node(1.4))

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
    ],
)
async def test_what_is_quiet(
    read: Callable[[], Reading], allowed: float | None, is_quiet: bool
) -> None:
    found = await await_quiet(0.1, allowed, read)

    assert found.quiet is is_quiet


def test_this_node_is_read_with_all_its_cpus(tmp_path: Path) -> None:
    pressure = tmp_path / "cpu"
    pressure.write_text("some avg10=1.00 avg60=2.00 avg300=3.00 total=2500000\nfull avg10=0.00\n")

    assert read_node(pressure).pressure_seconds == 2.5
    assert read_node(tmp_path / "none").pressure_seconds is None
    assert read_node(pressure).cpus >= 1


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
    assert after["quietness"].keys() >= {"quiet", "waitedSeconds", "busyCpus"}
