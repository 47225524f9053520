"""Drained is what RabbitMQ itself reports after the clients are done, and nothing sooner."""

import time
from collections.abc import AsyncIterator, Callable

import aio_pika
import pytest
from aio_pika.abc import AbstractQueue

from loadlab_services.broker.inspection import Broker
from loadlab_services.broker.names import dead_letter_name, queue_arguments, queue_name
from loadlab_services.broker.producer import Publisher, build_publisher
from loadlab_services.steward.amqp_drain import AmqpDrain
from loadlab_services.steward.leftover import Leftover, wait_for_drain
from loadlab_services.workloads.ingest import WRITE_MESSAGE
from tests.services.broker.conftest import RunSettings
from tests.services.stewards import steward

pytestmark = pytest.mark.integration

TASK = {"payload": '{"request_id": 1}'}


@pytest.fixture
async def publisher(settings: RunSettings) -> AsyncIterator[Publisher]:
    async with build_publisher(settings, task=WRITE_MESSAGE) as opened:
        yield opened


@pytest.fixture
async def consumed(settings: RunSettings, queue: str) -> AsyncIterator[AbstractQueue]:
    """The queue, as a consumer sees it that acknowledges by hand."""
    async with await aio_pika.connect(settings.amqp_url) as connection:
        channel = await connection.channel()
        arguments = queue_arguments(queue, settings.backlog_limit)
        yield await channel.declare_queue(queue, durable=True, arguments=arguments)


async def wait(broker: Broker, queue: str, *, seconds: float = 60) -> Leftover:
    until = time.monotonic() + seconds
    return await wait_for_drain([AmqpDrain(broker, queue=queue)], until=until)


async def test_a_queue_that_was_never_declared_is_drained_at_once(broker: Broker) -> None:
    assert await AmqpDrain(broker, queue="never").observe() == Leftover()


async def test_the_first_report_is_not_believed(
    publisher: Publisher, broker: Broker, queue: str, consumed: AbstractQueue
) -> None:
    """It may be from before the last task, and call a queue empty that is not."""
    await publisher.publish(TASK, "1")
    message = await consumed.get()
    drain = AmqpDrain(broker, queue=queue)
    report = await broker.report(queue)
    assert report is None or report.messages == 0
    assert not (await drain.observe()).drained
    await message.ack()
    assert (await wait(broker, queue)).drained


async def test_what_a_consumer_holds_is_pending_although_nothing_waits(
    publisher: Publisher, broker: Broker, queue: str, consumed: AbstractQueue
) -> None:
    for number in range(3):
        await publisher.publish(TASK, str(number))
    held = [await consumed.get() for _ in range(3)]
    assert await broker.waiting(queue) == 0
    assert await wait(broker, queue, seconds=0.6) == Leftover(pending=3, drained=False)
    await held[0].ack()
    await held[1].reject(requeue=True)
    assert await wait(broker, queue, seconds=0.6) == Leftover(pending=2, drained=False)
    await held[2].reject(requeue=False)
    await (await consumed.get()).ack()
    assert await wait(broker, queue) == Leftover(dead_lettered=1)


async def test_what_a_dead_consumer_held_waits_again(
    settings: RunSettings, publisher: Publisher, broker: Broker, queue: str
) -> None:
    await publisher.publish(TASK, "1")
    connection = await aio_pika.connect(settings.amqp_url)
    channel = await connection.channel()
    await (await channel.get_queue(queue)).get()
    await connection.close()
    assert await wait(broker, queue, seconds=0.6) == Leftover(pending=1, drained=False)


async def test_the_steward_deletes_the_queues_of_earlier_runs_and_accounts_for_its_own(
    settings: RunSettings, broker: Broker, queue: str
) -> None:
    earlier = settings.model_copy(update={"run_id": f"{settings.run_id[:-1]}2"})
    old = queue_name(earlier.queue_prefix, earlier.run_id)
    async with steward(settings) as client:
        assert (await client.get("/healthz")).status_code == 200
        await client.post(f"/runs/{earlier.run_id}/arrive", json={"pod": 0, "pods": 1})
        for run in (earlier, settings):
            async with build_publisher(run, task=WRITE_MESSAGE) as publisher:
                await publisher.publish(TASK, "1")
        arrival = await client.post(
            f"/runs/{settings.run_id}/arrive", json={"pod": 0, "pods": 1}
        )  # while the earlier one has not finished
        assert arrival.status_code == 200
        left = [await broker.waiting(name) for name in (old, dead_letter_name(old), queue)]
        body = {"pod": 0, "pods": 1, "drainMs": 800}
        account = (await client.post(f"/runs/{settings.run_id}/finish", json=body)).json()
    assert left == [None, None, 1]
    assert (account["drained"], account["pending"], account["persisted"]) == (False, 1, 0)


async def test_metrics_that_do_not_answer_are_named_with_the_remedy(
    settings: RunSettings, publisher: Publisher, unused_port: Callable[[], int]
) -> None:
    await publisher.publish(TASK, "1")
    changed = settings.model_copy(update={"amqp_metrics_port": unused_port()})
    async with steward(changed) as client:
        body = {"pod": 0, "pods": 1, "drainMs": 500}
        answer = await client.post(f"/runs/{settings.run_id}/finish", json=body)
    assert answer.status_code == 503
    assert "rabbitmq_prometheus enabled?" in answer.json()["detail"]


async def test_a_steward_without_its_broker_says_so(
    settings: RunSettings, unused_port: Callable[[], int]
) -> None:
    absent = f"amqp://guest:guest@127.0.0.1:{unused_port()}/"
    changed = settings.model_copy(update={"amqp_url": absent})
    async with steward(changed) as client:
        answer = await client.get("/healthz")
    assert answer.status_code == 503
    assert "a store does not answer" in answer.json()["detail"]
