"""The request counter counts finished, failed and unfinished requests, and costs little."""

import sys
import time
from collections.abc import Callable

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loadlab_services.instruments.cells import Board, Meter
from loadlab_services.instruments.middleware import RequestCounter

BUDGET_MICROSECONDS = 5.0


@pytest.fixture
def meter() -> Meter:
    return Board(processes=1).meter(0)


def answering(status: int) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


async def call(
    app: ASGIApp, path: str = "/work", kind: str = "http", agent: bytes = b""
) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"user-agent", agent)] if agent else []
    await app({"type": kind, "path": path, "headers": headers}, receive, send)
    return sent


@pytest.mark.parametrize(
    ("status", "failed"), [(200, 0), (302, 0), (404, 0), (422, 0), (500, 1), (503, 1)]
)
async def test_only_5xx_counts_as_failed(meter: Meter, status: int, failed: int) -> None:
    sent = await call(RequestCounter(answering(status), meter=meter))
    reading = meter.read()
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (reading.requests, reading.failed, reading.in_flight) == (1, failed, 0)


async def test_a_request_without_an_answer_has_failed(meter: Meter) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 (ours, raised above)
        await call(RequestCounter(broken, meter=meter))
    reading = meter.read()
    assert (reading.requests, reading.failed, reading.in_flight) == (1, 1, 0)


async def test_a_request_is_in_flight_while_it_runs(meter: Meter) -> None:
    seen: list[tuple[int, int]] = []

    async def looking(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((meter.read().in_flight, meter.read().requests))

    await call(RequestCounter(looking, meter=meter))
    assert seen == [(1, 0)]


@pytest.mark.parametrize(("path", "kind"), [("/healthz", "http"), ("", "lifespan")])
async def test_probes_and_lifespan_are_not_load(meter: Meter, path: str, kind: str) -> None:
    await call(RequestCounter(answering(200), meter=meter), path, kind)
    assert meter.read().requests == 0


@pytest.mark.parametrize(
    ("agent", "counted"), [(b"kube-probe/1.34", 0), (b"k6/2.2.0", 1), (b"", 1)]
)
async def test_a_load_on_the_path_of_the_probes_is_counted(
    meter: Meter, agent: bytes, counted: int
) -> None:
    app = RequestCounter(answering(200), meter=meter, health_path="/", health_is_load=True)

    await call(app, "/", agent=agent)

    assert meter.read().requests == counted


async def test_counting_stays_within_its_budget(
    meter: Meter, capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    plain, counted = answering(200), RequestCounter(answering(200), meter=meter)
    costs = [
        await microseconds_per_call(counted) - await microseconds_per_call(plain) for _ in "12345"
    ]
    record_property("microseconds_per_request", min(costs))
    with capsys.disabled():
        sys.stdout.write(f"\nrequest counter: {min(costs):.2f} µs per request\n")
    assert min(costs) < BUDGET_MICROSECONDS


async def microseconds_per_call(app: ASGIApp, calls: int = 5000) -> float:
    started = time.process_time()
    for _ in range(calls):
        await call(app)
    return (time.process_time() - started) / calls * 1e6
