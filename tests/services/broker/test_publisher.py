"""The API's side: confirmed or refused, and never a silent loss."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from loadlab_services.broker.inspection import Broker
from loadlab_services.broker.producer import Publisher, build_publisher
from loadlab_services.delivery.errors import BacklogFullError, StoreUnavailableError
from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.ingest import WRITE_MESSAGE
from tests.services.serving import serving

pytestmark = pytest.mark.integration

READING = {"device_id": "sensor-17", "temperature": 21.5}
TASK = {"payload": '{"request_id": 1}'}


@asynccontextmanager
async def through_a_proxy(amqp_url: str) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """A way to RabbitMQ that can be cut: its URL, and what cuts all connections."""
    target = urlsplit(amqp_url)
    writers: list[asyncio.StreamWriter] = []

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(target.hostname, target.port)
        writers.extend([writer, back])
        await asyncio.gather(copy(reader, back), copy(there, writer))

    def cut() -> None:
        for writer in writers:
            writer.transport.abort()

    async with await asyncio.start_server(connect, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        yield f"amqp://guest:guest@127.0.0.1:{port}/", cut
        cut()
        await asyncio.sleep(0.05)


async def test_what_is_answered_202_waits_in_the_durable_queue(
    settings: ServiceSettings, broker: Broker, queue: str
) -> None:
    async with serving(settings) as client:
        answers = await asyncio.gather(*(client.post("/write", json=READING) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 20
    assert await broker.waiting(queue) == 20


async def test_what_cannot_be_stored_is_refused_and_never_queued(
    settings: ServiceSettings, broker: Broker, queue: str
) -> None:
    bodies = [b"", b"[]", b'{"a":"\\u0000"}', b'{"a":NaN}', b" " * 70_000]
    async with serving(settings) as client:
        answers = [await client.post("/write", content=body) for body in bodies]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 413]
    assert await broker.waiting(queue) is None


async def test_a_full_queue_is_503_with_retry_after_and_holds_what_was_accepted(
    settings: ServiceSettings, broker: Broker, queue: str
) -> None:
    async with serving(settings.model_copy(update={"backlog_limit": 5})) as client:
        answers = [await client.post("/write", json=READING) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [503] * 3
    assert {answer.headers["Retry-After"] for answer in answers[5:]} == {"1"}
    assert "the backlog holds 5 entries" in answers[5].json()["detail"]
    assert await broker.waiting(queue) == 5


async def test_an_absent_broker_is_503_with_retry_after(
    settings: ServiceSettings, unused_port: Callable[[], int]
) -> None:
    absent = f"amqp://guest:guest@127.0.0.1:{unused_port()}/"
    async with serving(settings.model_copy(update={"amqp_url": absent})) as client:
        answer = await client.post("/write", json=READING)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "RabbitMQ is unavailable" in answer.json()["detail"]


async def test_an_absent_broker_is_not_asked_anew_for_every_request() -> None:
    calls: list[int] = []

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(1)
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1") as server:
        url = f"amqp://guest:guest@127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with Publisher(url, queue="away", task=WRITE_MESSAGE, limit=10) as publisher:
            sent = (publisher.publish(TASK, str(number)) for number in range(50))
            ends = await asyncio.gather(*sent, return_exceptions=True)
    assert {type(end) for end in ends} == {StoreUnavailableError}
    assert len(calls) < 10


async def test_a_broker_that_does_not_confirm_in_time_is_away(settings: ServiceSettings) -> None:
    async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(stay_silent, "127.0.0.1") as server:
        url = f"amqp://guest:guest@127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        publisher = Publisher(url, queue="silent", task=WRITE_MESSAGE, limit=10, timeout=0.2)
        async with publisher:
            with pytest.raises(StoreUnavailableError, match="TimeoutError"):
                await publisher.publish(TASK, "1")


async def test_a_connection_that_was_cut_is_replaced_with_the_next_task(
    settings: ServiceSettings, broker: Broker, queue: str
) -> None:
    async with (
        through_a_proxy(settings.amqp_url) as (url, cut),
        build_publisher(
            settings.model_copy(update={"amqp_url": url}), task=WRITE_MESSAGE
        ) as publisher,
    ):
        await publisher.publish(TASK, "1")
        cut()
        await asyncio.sleep(0.05)
        await publisher.publish(TASK, "2")
    assert await broker.waiting(queue) == 2


async def test_a_task_for_a_deleted_queue_is_refused_and_the_next_one_finds_it_anew(
    settings: ServiceSettings, broker: Broker, queue: str
) -> None:
    async with build_publisher(settings, task=WRITE_MESSAGE) as publisher:
        await publisher.publish(TASK, "1")
        await broker.delete([queue])
        with pytest.raises(StoreUnavailableError, match="NO_ROUTE"):
            await publisher.publish(TASK, "2")
        await publisher.publish(TASK, "3")
    assert await broker.waiting(queue) == 1


async def test_a_queue_declared_with_another_limit_is_said_and_not_used(
    settings: ServiceSettings,
) -> None:
    async with build_publisher(settings, task=WRITE_MESSAGE) as first:
        await first.publish(TASK, "1")
        async with build_publisher(
            settings.model_copy(update={"backlog_limit": 7}), task=WRITE_MESSAGE
        ) as second:
            with pytest.raises(StoreUnavailableError, match="x-max-length"):
                await second.publish(TASK, "2")


async def test_many_at_once_fill_the_queue_to_its_limit_and_no_further(
    settings: ServiceSettings, broker: Broker, queue: str
) -> None:
    async with build_publisher(
        settings.model_copy(update={"backlog_limit": 30}), task=WRITE_MESSAGE
    ) as publisher:
        sent = (publisher.publish(TASK, str(number)) for number in range(100))
        ends = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(end) for end in ends if end is not None] == [BacklogFullError] * 70
    assert await broker.waiting(queue) == 30
