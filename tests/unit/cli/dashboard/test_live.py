"""Rates beside a command that waits: read from the generators' logs by a thread, shown as told."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from kubernetes.aio.client import ApiClient, Configuration

from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.curves import Curve, Said, Second
from loadlab.cli.dashboard.entries import entry_of
from loadlab.cli.dashboard.reading import Reads
from loadlab.cli.errors import CliError
from loadlab.cli.live import LiveRates, Reading, reading_of
from loadlab.kube.client import ApiCluster
from tests.unit.cli.dashboard.conftest import SOON
from tests.unit.cli.dashboard.live_api import LiveApi
from tests.unit.cli.dashboard.resources import experiment, line, pod, running, trial

KEY = ("lab", "select")
RUN = f"{trial('select', 4)}-a1"
POD = f"{RUN}-k6-x"


class Seen:
    """A display that remembers, and wakes the test."""

    def __init__(self) -> None:
        self.readings: list[Reading | None] = []
        self.explained: list[str] = []
        self._loop, self._moved = asyncio.get_running_loop(), asyncio.Event()

    def show(self, reading: Reading | None) -> None:
        self.readings.append(reading)
        self._loop.call_soon_threadsafe(self._moved.set)

    def explain(self, why: str) -> None:
        self.explained.append(why)
        self._loop.call_soon_threadsafe(self._moved.set)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON):
            while not holds():
                await self._moved.wait()
                self._moved.clear()


@pytest.fixture
async def seen() -> Seen:
    return Seen()


@pytest.fixture
async def rates(api: LiveApi, seen: Seen) -> AsyncIterator[LiveRates]:
    @asynccontextmanager
    async def connect() -> AsyncIterator[Reads]:
        async with ApiClient(Configuration(host=api.url)) as client:
            yield ApiCluster(client)

    with LiveRates(connect, seen) as rates:
        yield rates
        await asyncio.to_thread(rates.__exit__)  # this loop serves what the thread's loop closes


def threads() -> list[str]:
    return [each.name for each in threading.enumerate()]


def told(second: int, rate: float | None) -> Curve:
    curve = Curve(RUN)
    curve.note("a", second, Said(rate, 0.0, 8.12, "measurement"))
    return curve


async def test_each_second_is_shown_as_it_is_told(api: LiveApi, rates: LiveRates, seen: Seen):
    api.pods = [pod(RUN)]
    api.say(POD, line(RUN, 1, 900, p95Us=8120))

    rates.take(running())
    first = Reading("4 of 9", Second(1, 900.0, 0.0, 8.12, "measurement"))
    await seen.until(lambda: first in seen.readings)
    api.say(POD, line(RUN, 2, 1950, p95Us=9000))
    second = Reading("4 of 9", Second(2, 1050.0, 0.0, 9.0, "measurement"))
    await seen.until(lambda: second in seen.readings)

    assert seen.explained == []


async def test_a_trial_that_is_over_has_no_rates(api: LiveApi, rates: LiveRates, seen: Seen):
    api.pods = [pod(RUN)]
    api.say(POD, line(RUN, 1, 900))
    rates.take(running())
    await seen.until(lambda: bool(seen.readings and seen.readings[-1]))

    rates.take(running(done=4))

    await seen.until(lambda: seen.readings[-1] is None)


@pytest.mark.parametrize("refused", ["log", "pods"])
async def test_what_may_not_be_read_is_explained(
    api: LiveApi, rates: LiveRates, seen: Seen, refused: str
):
    api.pods, api.refused[refused] = [pod(RUN)], 403

    rates.take(running())

    await seen.until(lambda: bool(seen.explained))
    assert "The generators' logs cannot be read: " in seen.explained[0]
    assert "403" in seen.explained[0]


async def test_nothing_is_read_before_there_may_be_load(rates: LiveRates, api: LiveApi):
    rates.take(experiment(phase="Preparing"))

    assert "live rates" not in threads()
    assert api.seen == []


async def test_whatever_fails_in_the_reading_is_said_and_ends_nothing(seen: Seen):
    def connect() -> None:
        raise CliError("no usable kubeconfig\x1b[2J")

    with LiveRates(connect, seen) as rates:  # type: ignore[arg-type] # it never returns
        rates.take(running())
        await seen.until(lambda: bool(seen.explained))
        rates.take(running(done=4))

    assert seen.explained == ["No rates can be shown: no usable kubeconfig[2J"]


async def test_the_thread_ends_with_the_block(api: LiveApi, rates: LiveRates, seen: Seen):
    api.pods = [pod(RUN)]
    rates.take(running())
    await seen.until(lambda: bool(seen.readings))

    await asyncio.to_thread(rates.__exit__)

    assert "live rates" not in threads()


def test_only_a_run_of_the_trial_under_way_counts():
    board = Board()
    board.curves[KEY] = told(3, 900.0)
    assert reading_of(board, KEY) is None

    board.put(entry_of(running(done=4)))
    assert reading_of(board, KEY) is None

    board.put(entry_of(running()))
    assert reading_of(board, KEY) == Reading("4 of 9", Second(3, 900.0, 0.0, 8.12, "measurement"))


def test_counts_that_are_not_told_are_no_reading():
    board = Board()
    board.put(entry_of(running()))
    board.curves[KEY] = told(3, None)

    assert reading_of(board, KEY) is None


@pytest.mark.parametrize(("reading", "spelled"), [
    (Reading("4 of 9", Second(12, 1050.4, 0.0, 8.123, "measurement")),
     "trial 4 of 9: 1,050 req/s, p95 8.12 ms, measurement, second 12"),
    (Reading("before the first block", Second(2, 40.0, 3.0, None, "warm-up")),
     "trial before the first block: 40 req/s, 3 failed/s, warm-up, second 2"),
    (Reading("", Second(2, 0.0, 0.0, None, "warm-up")), "trial: 0 req/s, warm-up, second 2"),
])  # fmt: skip
def test_a_reading_is_one_short_line(reading: Reading, spelled: str):
    assert reading.line == spelled
