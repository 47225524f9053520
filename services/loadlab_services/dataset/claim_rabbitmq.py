"""Looks whether a RabbitMQ that exists already lets an experiment do what its variants will do.

A queue in a name of the experiment's own is declared, bound, written to, read and deleted again,
and the plugin rabbitmq_prometheus is asked for it: by its figures a queue is known to be empty.
Nothing else in that RabbitMQ is declared, read or changed.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import unquote, urlsplit

import httpx
from aio_pika import DeliveryMode, Message, connect
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPError

from loadlab_services.addresses import host_of, is_readable
from loadlab_services.broker.alarms import ALARMS
from loadlab_services.broker.inspection import Broker, vhost_of
from loadlab_services.broker.names import dead_letter_name, queue_arguments
from loadlab_services.data.errors import DatasetError

TIMEOUT_SECONDS: Final = 5.0
# As long as a queue may take until it reports: `collect_statistics_interval` is 5 s unless set.
REPORT_SECONDS: Final = 20.0
REPORTS: Final = 40  # looks in that time
# With an @ or / in the password a part of it would be taken for the host, and told in an error.
_ADDRESS: Final = re.compile(r"amqp://([^@/?#]*@)?[^@/?#]+(/[^@/?#]*)?$")
_LIMIT: Final = 10


def claim_rabbitmq(url: str, space: str, metrics_port: int) -> None:
    """Try in `space`, and take away again, what a trial does.

    Raises:
        DatasetError: it does not answer, or something is not allowed; names user, virtual host,
            queue and remedy.
    """
    if url.startswith("amqps://"):
        raise DatasetError("amqps:// is not supported: give the amqp:// address of RabbitMQ")
    if not (_ADDRESS.match(url) and is_readable(url)):
        raise DatasetError(
            "the address of RabbitMQ is no amqp:// URL; percent-encode special characters of user, "
            "password and virtual host, as %2Fshop"
        )
    asyncio.run(_claim(url, space, metrics_port))


async def _claim(url: str, space: str, metrics_port: int) -> None:
    queue = f"{space}:claim"
    await _check_alarms(url, metrics_port)
    try:
        async with _channel(url) as channel:
            await _try_all(channel, queue)
        await _await_report(url, queue, metrics_port)
    except (AMQPError, TimeoutError, OSError) as error:
        raise DatasetError(_explain(url, space, error)) from error
    finally:
        await _take_away(url, queue)


async def _check_alarms(url: str, metrics_port: int) -> None:
    """Refuse one that takes no message now; whether its plugin answers at all is tried later."""
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS) as http:
        try:
            found = await Broker(url, http=http, metrics_port=metrics_port).alarms()
        except OSError:
            return
    for alarm in sorted(found):
        raise DatasetError(f"RabbitMQ {ALARMS[alarm]}")


async def _try_all(channel: AbstractChannel, queue: str) -> None:
    await channel.declare_queue(dead_letter_name(queue), durable=True, timeout=TIMEOUT_SECONDS)
    declared = await channel.declare_queue(
        queue, durable=True, arguments=queue_arguments(queue, _LIMIT), timeout=TIMEOUT_SECONDS
    )
    exchange = await channel.get_exchange("amq.direct", ensure=False)
    await declared.bind(exchange, routing_key=queue, timeout=TIMEOUT_SECONDS)
    message = Message(b"claim", delivery_mode=DeliveryMode.PERSISTENT)
    await channel.default_exchange.publish(message, queue, timeout=TIMEOUT_SECONDS)
    got = await declared.get(timeout=TIMEOUT_SECONDS)
    await got.ack()


@asynccontextmanager
async def _channel(url: str) -> AsyncIterator[AbstractChannel]:
    async with await connect(url, timeout=TIMEOUT_SECONDS) as connection:
        yield await connection.channel(publisher_confirms=True, on_return_raises=True)


async def _await_report(url: str, queue: str, metrics_port: int) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS) as http:
        broker = Broker(url, http=http, metrics_port=metrics_port)
        for _ in range(REPORTS):
            if await broker.report(queue) is not None:
                return
            await asyncio.sleep(REPORT_SECONDS / REPORTS)
    raise DatasetError(
        f"RabbitMQ's plugin rabbitmq_prometheus at {host_of(url)}:{metrics_port} told nothing of a "
        f"queue for {REPORT_SECONDS:g} s: is it the metrics port of that RabbitMQ?"
    )


async def _take_away(url: str, queue: str) -> None:
    try:
        async with _channel(url) as channel:
            for name in (queue, dead_letter_name(queue)):
                await channel.queue_delete(name, timeout=TIMEOUT_SECONDS)
    except (AMQPError, TimeoutError, OSError):
        return  # who may not delete could not declare either


def _explain(url: str, space: str, error: Exception) -> str:
    parts = urlsplit(url)
    user, host = unquote(parts.username or "guest"), vhost_of(url)
    if "ACCESS_REFUSED" in str(error) or "access_refused" in str(error):
        return (
            f"user {user} of RabbitMQ may not use queues {space}:* in virtual host {host} "
            f"({error}): rabbitmqctl set_permissions -p {host} {user} '^loadlab:' "
            f"'^(loadlab:|amq\\.default$)' '^(loadlab:|amq\\.direct$)'"
        )
    reason = str(error) or type(error).__name__
    return f"RabbitMQ at {host_of(url)}:{parts.port or 5672} does not do: {reason}"
