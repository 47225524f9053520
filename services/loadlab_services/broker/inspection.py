"""What is seen of RabbitMQ from outside: a queue's length now, its own report, and its end.

AMQP tells how many messages wait in a queue, exactly and at once, and nothing of those in the hands
of consumers. The plugin rabbitmq_prometheus tells of both, from what the queue's process reported
last: every `collect_statistics_interval` (5 s unless set), if it has done anything since.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import httpx
from aio_pika import connect
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from prometheus_client.parser import text_string_to_metric_families

from loadlab_services.addresses import host_of
from loadlab_services.broker.alarms import ALARMS, PATH, alarms_on
from loadlab_services.broker.metrics import no_metrics, read_lines

AMQP_TIMEOUT: Final = 5.0
# Of the queues of one virtual host: the plugin knows no narrower choice.
QUEUE_FIGURES: Final = "/metrics/detailed?family=queue_coarse_metrics&vhost="
MESSAGES: Final = "rabbitmq_detailed_queue_messages"
REDUCTIONS: Final = "rabbitmq_detailed_queue_process_reductions_total"


@dataclass(frozen=True, slots=True)
class QueueReport:
    """What a queue's process reported last, all of it at one moment."""

    messages: int  # that wait, and that consumers hold
    reductions: int  # of the process, ever: they tell one report from the next


class Broker:
    """One connection, opened when first needed and again when it was lost."""

    def __init__(self, amqp_url: str, *, http: httpx.AsyncClient, metrics_port: int) -> None:
        self._amqp_url = amqp_url
        self._http = http
        self._metrics_url = f"http://{host_of(amqp_url)}:{metrics_port}"
        self._vhost = vhost_of(amqp_url)
        self._connection: AbstractConnection | None = None

    async def ping(self) -> None:
        """Ask for a sign of life: a channel that opens."""
        await (await self._open_channel()).close()

    async def waiting(self, queue: str) -> int | None:
        """Count the messages that wait; None where there is no such queue."""
        channel = await self._open_channel()
        try:
            found = await channel.declare_queue(queue, passive=True, timeout=AMQP_TIMEOUT)
        except ChannelNotFoundEntity:
            return None  # and RabbitMQ has closed the channel
        await channel.close()
        return int(found.declaration_result.message_count or 0)

    async def report(self, queue: str) -> QueueReport | None:
        """Read what the queue reported last; None where it has not reported yet."""
        named = f'queue="{queue}"'
        page = QUEUE_FIGURES + quote(self._vhost, safe="")
        lines = await read_lines(self._http, self._metrics_url, page, lambda line: named in line)
        figures = self._figures_of(queue, lines)
        if MESSAGES not in figures or REDUCTIONS not in figures:
            return None
        return QueueReport(messages=figures[MESSAGES], reductions=figures[REDUCTIONS])

    async def alarms(self) -> set[str]:
        """Name the alarms that are on: it takes no message then, and says so to nobody who asks."""
        lines = await read_lines(
            self._http, self._metrics_url, PATH, lambda line: line.startswith(tuple(ALARMS))
        )
        return alarms_on(lines)

    async def delete(self, queues: Iterable[str]) -> None:
        """Delete queues with all that is in them; one that is not there is no error."""
        channel = await self._open_channel()
        for queue in queues:
            await channel.queue_delete(queue, timeout=AMQP_TIMEOUT)
        await channel.close()

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            await self._connection.close()

    def _figures_of(self, queue: str, lines: list[str]) -> dict[str, int]:
        try:
            return {
                sample.name: int(sample.value)
                for family in text_string_to_metric_families("\n".join(lines))
                for sample in family.samples
                if sample.labels.get("queue") == queue
                and sample.labels.get("vhost", self._vhost) == self._vhost
            }
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise no_metrics(self._metrics_url, lines[0]) from error

    async def _open_channel(self) -> AbstractChannel:
        if self._connection is None or self._connection.is_closed:
            self._connection = await connect(self._amqp_url, timeout=AMQP_TIMEOUT)
        channel = self._connection.channel(publisher_confirms=False)
        try:
            async with asyncio.timeout(AMQP_TIMEOUT):  # it waits longer to close what is silent
                await channel.initialize(timeout=AMQP_TIMEOUT)
        except Exception:
            # Of a node that is lost nothing says so. Its heartbeat ends the connection later.
            self._connection = None
            raise
        return channel


def vhost_of(amqp_url: str) -> str:
    """Return the virtual host that a URL names; the broker's own one for none."""
    return unquote(urlsplit(amqp_url).path[1:]) or "/"
