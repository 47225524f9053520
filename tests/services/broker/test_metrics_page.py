"""What RabbitMQ's plugin tells of one queue, and what another port answers in its place."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from loadlab_services.broker.inspection import Broker, QueueReport, vhost_of
from loadlab_services.steward.amqp_drain import AmqpDrain, pause_after
from tests.tcp_server import answering

QUEUE = "loadlab:uid:ingest:run"
FIGURES = {"messages": 3, "process_reductions_total": 70}


def page(*lines: str, kind: str = "text/plain; version=0.0.4") -> Callable[[socket.socket], None]:
    body = "".join(f"{line}\n" for line in lines).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"

    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)

    return answer


def figures(queue: str, vhost: str, **values: object) -> list[str]:
    named = f'{{vhost="{vhost}",queue="{queue}"}}'
    return [f"rabbitmq_detailed_queue_{name}{named} {value}" for name, value in values.items()]


async def report(place: str, path: str = "/shop") -> QueueReport | None:
    host, port = place.rsplit(":", 1)
    async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
        broker = Broker(f"amqp://me:secret@{host}:5672{path}", http=http, metrics_port=int(port))
        assert await broker.alarms() == set()
        return await broker.report(QUEUE)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_figures_are_asked_for_at_the_host_of_the_url(host: str) -> None:
    """An address of IPv6 was put before the port without its brackets: a traceback."""
    with answering(page("# TYPE x gauge", *figures(QUEUE, "shop", **FIGURES)), host) as place:
        assert await report(place) == QueueReport(messages=3, reductions=70)


async def test_a_queue_of_that_name_in_another_virtual_host_is_another_one() -> None:
    theirs = figures(QUEUE, "theirs", **{name: value + 1 for name, value in FIGURES.items()})
    with answering(page("# TYPE x gauge", *figures(QUEUE, "/", **FIGURES), *theirs)) as place:
        assert await report(place, "/") == QueueReport(messages=3, reductions=70)


async def test_of_ten_thousand_queues_one_is_parsed_and_one_virtual_host_asked_for() -> None:
    """Ten times a second all queues of all tenants were read while a run's drained."""
    asked: list[bytes] = []
    others = (line for n in range(10_000) for line in figures(f"theirs-{n}", "shop", messages="?"))
    answer = page("# TYPE x gauge", *others, *figures(QUEUE, "shop", **FIGURES))

    def noting(connection: socket.socket) -> None:
        asked.append(connection.recv(4096, socket.MSG_PEEK))
        answer(connection)

    with answering(noting) as place:
        assert await report(place) == QueueReport(messages=3, reductions=70)
    assert asked[-1].startswith(
        b"GET /metrics/detailed?family=queue_coarse_metrics&vhost=shop HTTP/1.1\r\n"
    )


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["<!doctype html>", "<title>RabbitMQ Management</title>"], "<!doctype html>"),
        (["", "ok"], "ok"),
        (['{"error":"not_found"}'], '{"error":"not_found"}'),
        (["# TYPE x gauge", *figures(QUEUE, "shop", messages="many")], "rabbitmq_detailed_"),
        (["# TYPE x gauge", *figures(QUEUE, "shop", messages="NaN")], "rabbitmq_detailed_"),
    ],
)
async def test_a_port_that_answers_something_else_is_named_with_what_it_says(lines, shown) -> None:
    with (
        answering(page(*lines, kind="text/html")) as place,
        pytest.raises(ConnectionError) as caught,
    ):
        await report(place)

    assert f"http://{place} answers no metrics, but '{shown}" in str(caught.value)
    assert "Set rabbitmq.metricsPort, which is 15692 unless" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "vhost"),
    [
        ("amqp://host", "/"),
        ("amqp://host:5672/", "/"),
        ("amqp://host/%2f", "/"),
        ("amqp://host/shop%20a", "shop a"),
    ],
)
def test_the_virtual_host_is_read_as_the_clients_read_it(url: str, vhost: str) -> None:
    assert vhost_of(url) == vhost


@pytest.mark.parametrize(
    ("answer", "pause"), [(0.0, 0.1), (0.01, 0.1), (0.05, 0.45), (0.1, 0.9), (3.0, 1.0)]
)
def test_the_longer_an_answer_took_the_longer_is_the_pause(answer: float, pause: float) -> None:
    assert pause_after(answer) == pytest.approx(pause)


async def test_a_broker_that_takes_its_time_is_left_alone_in_between() -> None:
    asked: list[float] = []

    class Slow:
        async def waiting(self, _queue: str) -> int:
            return 1

        async def report(self, _queue: str) -> None:
            asked.append(asyncio.get_running_loop().time())
            await asyncio.sleep(0.05)

    broker: Any = Slow()
    drain = AmqpDrain(broker, queue=QUEUE)
    for _ in range(2):
        assert not (await drain.observe()).drained

    first, second = asked
    assert second - first >= 0.05 + 9 * 0.05
