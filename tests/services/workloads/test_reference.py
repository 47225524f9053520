"""The HTTP contract of `reference`: what every variant answers is what its numbers say."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from statistics import median

import httpx
import psycopg
import pytest

from loadlab_services.settings import ServiceSettings, StewardSettings, StreamWorkerSettings
from loadlab_services.steward.app import create_app
from loadlab_services.stores.connect import connect_redis
from loadlab_services.stream.consumer import Consumer, Pace
from loadlab_services.stream.entry import Entry, dead_letter_key, stream_key
from loadlab_services.stream.sink import Sink
from loadlab_services.stream.stream import Stream
from loadlab_services.workload import StreamWork
from loadlab_services.workloads import find_variant
from loadlab_services.workloads.reference import async_loop, contract
from loadlab_services.workloads.reference.burner import burn
from loadlab_services.workloads.reference.contract import Asked
from loadlab_services.workloads.reference.put_off import open_sink
from loadlab_services.workloads.reference.table import create
from tests.services.stewards import AUTHORIZED, access

OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
PREFIX = "loadlab:reference:"
RUN = "reference-001-a1"
MIXED = {"delay_ms": 0, "slow_ms": 1, "slow_permille": 100, "error_permille": 50}
every_bare_variant = pytest.mark.parametrize("variant", ["async", "sync"])


def settings_of(variant: str, redis_url: str = "") -> ServiceSettings:
    return ServiceSettings(workload="reference", variant=variant, run_id=RUN, redis_url=redis_url)


async def ask(client: httpx.AsyncClient, number: int, **told: int) -> httpx.Response:
    return await client.post("/reference", params={"request_id": number, **told})


@every_bare_variant
async def test_the_numbers_decide_which_requests_are_slow_and_which_fail(
    open_app: OpenApp, variant: str
) -> None:
    numbers = range(1, 301)
    async with open_app(settings_of(variant)) as client:
        answers = {number: await ask(client, number, **MIXED) for number in numbers}
    told = {number: Asked(request_id=number, **MIXED) for number in numbers}

    assert [n for n in numbers if answers[n].status_code == 500] == [
        n for n in numbers if told[n].fails(n)
    ]
    served = {n: answer.json() for n, answer in answers.items() if answer.status_code == 200}
    assert served == {
        n: {"request_id": n, "slow": told[n].is_slow(n), "wait_ms": told[n].wait_ms(n)}
        for n in numbers
        if not told[n].fails(n)
    }
    assert len(served) == pytest.approx(285, abs=2)
    assert sum(answer["slow"] for answer in served.values()) == pytest.approx(30, abs=2)


@every_bare_variant
async def test_requests_without_a_number_are_numbered_as_they_come(
    open_app: OpenApp, variant: str
) -> None:
    async with open_app(settings_of(variant)) as client:
        answers = [await client.post("/reference", params=MIXED) for _ in range(300)]

    served = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(served) == pytest.approx(285, abs=2)
    assert sum(answer["slow"] for answer in served) == pytest.approx(30, abs=2)
    numbers = [answer["request_id"] for answer in served]
    assert numbers == sorted(set(numbers))


@every_bare_variant
async def test_a_request_waits_for_the_end_of_its_stall_and_then_its_delay(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    waits: list[float] = []

    async def awaited(seconds: float) -> None:
        waits.append(seconds)

    clock = iter([1000.0, 1000.25, 1000.4, 1009.9])
    monkeypatch.setattr(contract, "monotonic", lambda: next(clock))
    monkeypatch.setattr(asyncio, "sleep", awaited)
    monkeypatch.setattr(time, "sleep", waits.append)
    async with open_app(settings_of(variant)) as client:
        for _ in range(4):
            await ask(client, 1, delay_ms=50, stall_ms=400)

    assert waits == pytest.approx([0.45, 0.2, 0.05, 0.05])


@every_bare_variant
async def test_a_request_waits_no_less_than_it_is_told(open_app: OpenApp, variant: str) -> None:
    async with open_app(settings_of(variant)) as client:
        started = time.perf_counter()
        await ask(client, 1, delay_ms=30)
        took = time.perf_counter() - started

    assert took >= 0.029  # a loop may wake up to 1 ms too early


@every_bare_variant
@pytest.mark.parametrize(
    "told",
    [
        {"delay_ms": -1},
        {"slow_permille": 1001},
        {"stall_every_seconds": 0},
        {"burn_micros": 100_001},
        {"request_id": -1},
        {"error_permille": "x"},
    ],
)
async def test_what_cannot_be_done_is_422(
    open_app: OpenApp, variant: str, told: dict[str, int]
) -> None:
    async with open_app(settings_of(variant)) as client:
        answer = await client.post("/reference", params=told)

    assert answer.status_code == 422


@pytest.mark.parametrize("micros", [100, 1000, 5000])
def test_the_burner_burns_what_it_is_told(micros: int) -> None:
    burnt = []
    for _ in range(21):
        started = time.thread_time_ns()
        burn(micros)
        burnt.append((time.thread_time_ns() - started) / 1000)

    assert median(burnt) == pytest.approx(micros, rel=0.05)


async def test_a_request_costs_by_so_much_more_as_it_burns(open_app: OpenApp) -> None:
    cost: dict[int, list[float]] = {0: [], 5000: []}
    async with open_app(settings_of("async")) as client:
        for _ in range(41):
            for micros, found in cost.items():
                started = time.thread_time_ns()
                await ask(client, 1, delay_ms=0, burn_micros=micros)
                found.append((time.thread_time_ns() - started) / 1000)

    assert median(cost[5000]) - median(cost[0]) == pytest.approx(5000, rel=0.05)


@pytest.fixture
def reference_url(new_database: Callable[[], str]) -> str:
    """A database with the table of `reference`."""
    url = new_database()
    create(url)
    create(url)  # one that is there already stays
    return url


def worker_of(redis_url: str, database_url: str) -> StreamWorkerSettings:
    return StreamWorkerSettings(
        workload="reference",
        variant="queued",
        run_id=RUN,
        redis_url=redis_url,
        database_url=database_url,
    )


class Counts:
    """Counts nothing."""

    def add(self, extra: str, amount: int) -> None:
        pass


async def work_off(redis_url: str, sink: Sink) -> None:
    """Consume the run's stream until it is empty."""
    stop = asyncio.Event()
    async with connect_redis(redis_url) as redis:
        key, dead = stream_key(PREFIX, RUN), dead_letter_key(PREFIX, RUN)
        stream = Stream(redis, key=key, dead_key=dead, consumer="one")
        pace = Pace(batch_size=1)
        running = asyncio.create_task(Consumer(stream, sink, pace=pace, counter=Counts()).run(stop))
        async with asyncio.timeout(20):
            while await redis.xlen(key):  # noqa: ASYNC110 (Redis has to be asked)
                await asyncio.sleep(0.01)
        stop.set()
        await running


async def test_one_that_has_nothing_to_wait_for_is_done_before_the_next_one_burns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order: list[str] = []
    monkeypatch.setattr(async_loop, "burn", lambda micros: order.append(f"burn {micros}"))

    async def behave(micros: int) -> None:
        await async_loop.behave(Asked(request_id=micros, burn_micros=micros, delay_ms=0))
        order.append(f"done {micros}")

    await asyncio.gather(behave(1), behave(2))

    assert order == ["burn 1", "done 1", "burn 2", "done 2"]


@pytest.mark.integration
async def test_what_was_accepted_is_done_and_accounted_for(
    open_app: OpenApp, stream_url: str, reference_url: str
) -> None:
    steward = create_app(
        StewardSettings(
            workload="reference",
            redis_url=stream_url,
            database_url=reference_url,
            **access(RUN),
        )
    )
    sink = open_sink(worker_of(stream_url, reference_url))
    asked = httpx.AsyncClient(
        transport=httpx.ASGITransport(steward),
        base_url=f"http://steward/runs/{RUN}",
        headers=AUTHORIZED,
    )
    async with (
        open_app(settings_of("queued", stream_url)) as client,
        steward.router.lifespan_context(steward),
        asked,
    ):
        await asked.post("/arrive", json={"pod": 0, "pods": 1})
        answers = {n: await ask(client, n, **MIXED) for n in range(1, 41)}
        await work_off(stream_url, sink)
        account = (await asked.post("/finish", json={"pod": 0, "pods": 1, "drainMs": 1000})).json()
    await sink.close()
    accepted = [n for n, answer in answers.items() if answer.status_code == 202]

    assert {answer.status_code for answer in answers.values()} == {202, 500}
    assert account["persisted"] == account["distinct"] == len(accepted)
    assert account["idSum"] == sum(accepted)
    assert (account["drained"], account["pending"], account["deadLettered"]) == (True, 0, 0)


@pytest.mark.integration
async def test_the_worker_burns_for_a_message_and_keeps_it_once(reference_url: str) -> None:
    sink = open_sink(worker_of("redis://nowhere", reference_url))
    cost = {}
    for burnt in (0, 20_000):
        payload = b'{"request_id": 7, "burn_micros": %d}' % burnt
        started = time.thread_time_ns()
        for again in (1, 1):
            await sink.write([Entry(f"{burnt}-{again}", payload)])
        cost[burnt] = (time.thread_time_ns() - started) / 1000
    await sink.close()
    with psycopg.connect(reference_url) as connection:
        rows = connection.execute("select entry_id, request_id from reference_work").fetchall()

    assert sorted(rows) == [("0-1", 7), ("20000-1", 7)]
    assert sink.persisted == 2
    assert cost[20_000] >= 40_000 * 0.95


def test_messages_are_worked_off_one_by_one() -> None:
    work = find_variant("reference", "queued").put_off

    assert isinstance(work, StreamWork)
    assert not work.in_batches
