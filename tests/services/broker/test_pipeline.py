"""The whole way, with real processes: accepted is persisted, once, whatever dies in between."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest

from loadlab_services.broker.inspection import Broker
from loadlab_services.broker.names import dead_letter_name
from loadlab_services.broker.producer import Publisher, build_publisher
from loadlab_services.steward.amqp_drain import AmqpDrain
from loadlab_services.steward.leftover import Leftover, wait_for_drain
from loadlab_services.workloads.ingest import WRITE_MESSAGE
from tests.services.broker.conftest import RunSettings

pytestmark = pytest.mark.integration

Start = Callable[[], subprocess.Popen[bytes]]
Snapshot = Callable[[], dict[str, object]]
Stored = Callable[[], list[int]]
WaitUntil = Callable[..., None]


@pytest.fixture
async def publisher(settings: RunSettings) -> AsyncIterator[Publisher]:
    async with build_publisher(settings, task=WRITE_MESSAGE) as opened:
        yield opened


async def publish(publisher: Publisher, *numbers: int) -> None:
    for number in numbers:
        await publisher.publish({"payload": f'{{"request_id": {number}}}'}, f"id-{number}")


@asynccontextmanager
async def publishing(publisher: Publisher, *, rate: int) -> AsyncIterator[list[int]]:
    """Publish numbered tasks at a steady rate; the list holds those that were confirmed."""
    accepted: list[int] = []

    async def go_on() -> None:
        while True:
            number = len(accepted) + 1
            await publish(publisher, number)
            accepted.append(number)
            await asyncio.sleep(1 / rate)

    task = asyncio.create_task(go_on())
    try:
        yield accepted
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def drain(broker: Broker, queue: str, *, seconds: float = 60) -> Leftover:
    """Wait as the steward does when the clients are done."""
    until = asyncio.get_running_loop().time() + seconds
    return await wait_for_drain([AmqpDrain(broker, queue=queue)], until=until)


def children_of(snapshot: Snapshot, worker: subprocess.Popen[bytes]) -> list[int]:
    processes = snapshot()["processes"]
    assert isinstance(processes, list)
    return [process["pid"] for process in processes if process["pid"] != worker.pid]


async def test_nothing_is_lost_or_doubled_when_a_child_and_then_the_worker_are_killed(
    start_worker: Start,
    publisher: Publisher,
    broker: Broker,
    queue: str,
    snapshot: Snapshot,
    stored: Stored,
    wait_until: WaitUntil,
) -> None:
    worker = start_worker()
    async with publishing(publisher, rate=200) as accepted:
        await asyncio.to_thread(wait_until, lambda: len(stored()) > 50)
        os.kill(children_of(snapshot, worker)[0], signal.SIGKILL)
        before = len(stored())
        await asyncio.to_thread(wait_until, lambda: len(stored()) > before + 100)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        start_worker()
        await asyncio.sleep(0.5)
    assert await drain(broker, queue) == Leftover(pending=0, dead_lettered=0, drained=True)
    rows = stored()
    assert len(accepted) > 150, "too few for two kills under load"
    # One more may have been on its way when the publishing ended.
    assert sorted(rows)[: len(accepted)] == accepted
    assert len(rows) == len(set(rows)) <= len(accepted) + 1


async def test_a_child_killed_in_the_middle_of_its_insert_loses_and_doubles_nothing(
    start_worker: Start,
    publisher: Publisher,
    broker: Broker,
    queue: str,
    snapshot: Snapshot,
    messages_url: str,
    stored: Stored,
    wait_until: WaitUntil,
) -> None:
    """Its server side goes on and commits; the task comes again and must find the row."""
    with psycopg.connect(messages_url) as locking:
        locking.execute("lock table messages in exclusive mode")
        await publish(publisher, 1, 2, 3)
        worker = start_worker()

        def both_insert() -> bool:
            with psycopg.connect(messages_url) as connection:
                row = connection.execute(
                    "select count(*) from pg_stat_activity"
                    " where datname = current_database() and wait_event_type = 'Lock'"
                ).fetchone()
            return row == (2,)

        await asyncio.to_thread(wait_until, both_insert)
        for child in children_of(snapshot, worker):
            os.kill(child, signal.SIGKILL)
    assert await drain(broker, queue) == Leftover(pending=0, dead_lettered=0, drained=True)
    assert sorted(stored()) == [1, 2, 3]


async def test_a_task_that_is_delivered_again_writes_no_second_row(
    start_worker: Start,
    publisher: Publisher,
    broker: Broker,
    queue: str,
    snapshot: Snapshot,
    stored: Stored,
) -> None:
    await publish(publisher, 1, 2, 1, 2, 1)
    start_worker()
    assert (await drain(broker, queue)).drained
    assert sorted(stored()) == [1, 2]
    figures = snapshot()
    assert (figures["persisted"], figures["batches"], figures["deadLettered"]) == (2, 5, 0)


async def test_poison_is_a_dead_letter_and_all_others_land(
    start_worker: Start,
    publisher: Publisher,
    broker: Broker,
    queue: str,
    snapshot: Snapshot,
    stored: Stored,
) -> None:
    await publish(publisher, 1)
    await publisher.publish({"payload": "not JSON"}, "poison")
    await publisher.publish({"payload": '{"text": "\\u0000"}'}, "poison-too")
    await publisher.publish({"no_such_argument": 1}, "unforeseen")
    await publish(publisher, 2, 3)
    start_worker()
    assert await drain(broker, queue) == Leftover(pending=0, dead_lettered=3, drained=True)
    assert sorted(stored()) == [1, 2, 3]
    assert snapshot()["deadLettered"] == 2
    assert await broker.waiting(dead_letter_name(queue)) == 3


async def test_an_absent_table_makes_tasks_wait_and_its_return_lands_them(
    start_worker: Start,
    publisher: Publisher,
    broker: Broker,
    queue: str,
    messages_url: str,
    stored: Stored,
) -> None:
    with psycopg.connect(messages_url, autocommit=True) as connection:
        connection.execute("alter table messages rename to away")
        await publish(publisher, 1, 2, 3)
        start_worker()
        left = await drain(broker, queue, seconds=2.5)
        connection.execute("alter table away rename to messages")
    assert left == Leftover(pending=3, dead_lettered=0, drained=False)
    assert await drain(broker, queue) == Leftover(pending=0, dead_lettered=0, drained=True)
    assert sorted(stored()) == [1, 2, 3]


async def test_sigterm_writes_what_is_in_hand_leaves_nothing_unacknowledged_and_ends_with_0(
    settings: RunSettings,
    start_worker: Start,
    publisher: Publisher,
    broker: Broker,
    queue: str,
    stored: Stored,
    wait_until: WaitUntil,
) -> None:
    worker = start_worker()
    async with publishing(publisher, rate=200) as accepted:
        await asyncio.to_thread(wait_until, lambda: len(stored()) > 20)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 15) == 0
    waiting = await broker.waiting(queue)
    rows = stored()
    assert waiting is not None
    # One more may have been on its way, and what a process had just begun is put back as well.
    assert len(accepted) <= len(rows) + waiting <= len(accepted) + 1 + settings.consumers
    assert len(rows) == len(set(rows))
    assert (await AmqpDrain(broker, queue=queue).observe()).pending == waiting


def test_a_worker_without_its_stores_says_what_is_missing() -> None:
    environment = os.environ | {"WORKLOAD": "ingest", "VARIANT": "celery", "RUN_ID": "run"}
    command = [sys.executable, "-m", "loadlab_services.programs.celery_worker"]
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr == "loadlab: AMQP_URL: Field required\n"
