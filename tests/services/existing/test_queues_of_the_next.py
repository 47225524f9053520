"""In a RabbitMQ of others the next one's queue stays, whoever ends or begins beside it."""

from collections.abc import AsyncIterator

import aio_pika
import httpx
import pytest

from loadlab_services.broker.inspection import Broker
from loadlab_services.broker.names import dead_letter_name, queue_name
from loadlab_services.names import queue_prefix
from loadlab_services.steward import farewell
from loadlab_services.steward.prepare import build_preparation
from loadlab_services.steward.run_records import CREATE
from loadlab_services.steward.stores import Stores, open_pool
from loadlab_services.workloads import find_workload
from tests.services.existing.conftest import RUN, SPACE

pytestmark = pytest.mark.integration
NEXT, FORMER = "ingest-002-a1", "ingest-000-a1"
PREFIX = queue_prefix("ingest", SPACE)
QUEUES = {run: queue_name(PREFIX, run) for run in (RUN, NEXT, FORMER)}
PREPARED = "INSERT INTO loadlab_steward (run, prepared_at) VALUES ($1, now() + $2 * interval '1s')"
INGEST = find_workload("ingest")


@pytest.fixture
async def stores(amqp_url: str, amqp_metrics_port: int, messages_url: str) -> AsyncIterator[Stores]:
    """A RabbitMQ of others with a message in the queues of three runs, one of them prepared."""
    pool = await open_pool(messages_url)
    await pool.execute(CREATE)
    await pool.execute(PREPARED, RUN, 0)
    async with await aio_pika.connect(amqp_url) as connection, httpx.AsyncClient() as http:
        channel = await connection.channel()
        for name in QUEUES.values():
            await channel.declare_queue(name, durable=True)
            await channel.default_exchange.publish(aio_pika.Message(b"x"), name)
        broker = Broker(amqp_url, http=http, metrics_port=amqp_metrics_port)
        yield Stores(http, pool, broker=broker, owns_broker=False, queue_prefix=PREFIX)
        for name in QUEUES.values():
            await channel.queue_delete(name)
            await channel.queue_delete(dead_letter_name(name))
        await broker.close()
    pool.terminate()


async def waiting(stores: Stores, *runs: str) -> list[int | None]:
    """How many messages wait in the queue of each run; None where it is gone."""
    assert stores.broker is not None
    return [await stores.broker.waiting(QUEUES[run]) for run in runs]


async def leave(stores: Stores, monkeypatch: pytest.MonkeyPatch, *runs: str) -> None:
    monkeypatch.setattr(farewell, "CALM_SECONDS", 0.1)
    await farewell.leave_no_trace(stores, INGEST, runs)


async def test_a_steward_that_goes_leaves_what_the_next_one_has_begun(stores, monkeypatch):
    """What is there may be in use by a run that it knows, prepared anew by the next one."""
    await stores.postgres.execute(PREPARED, NEXT, 5)

    await leave(stores, monkeypatch, FORMER, RUN)

    assert await waiting(stores, RUN, NEXT) == [1, 1]


async def test_where_there_is_no_next_one_it_takes_its_own_and_no_others(stores, monkeypatch):
    await stores.postgres.execute(PREPARED, FORMER, -5)

    await leave(stores, monkeypatch, FORMER, RUN)

    assert await waiting(stores, FORMER, RUN, NEXT) == [None, None, 1]


async def test_who_prepares_a_run_takes_earlier_queues_and_not_the_one_that_begins(stores):
    """Its service may have begun to send: a run is prepared anew by a steward that was replaced."""
    await stores.postgres.execute(PREPARED, FORMER, -5)
    await stores.postgres.execute(PREPARED, NEXT, 5)
    prepare = build_preparation(INGEST, stores, run=NEXT)

    async with stores.postgres.acquire() as connection:
        await prepare(connection)

    assert await waiting(stores, FORMER, RUN, NEXT) == [None, None, 1]
