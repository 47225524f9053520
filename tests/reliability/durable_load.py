"""Numbered messages over HTTP at a steady rate, and what became of each."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg

from tests.reliability.lean_http import Answer, Client

SENDERS = 256  # a request waits for Redis' fsync; these many do so together
ANSWER_SECONDS = 30.0
NOBODY_SECONDS = 60.0  # in which a message finds no API at all


@dataclass
class Sent:
    """What the clients know: an id is in one of these, and is sent once only."""

    urls: list[str]
    accepted: set[int] = field(default_factory=set)
    unanswered: set[int] = field(default_factory=set)  # it may have been taken or not
    elsewhere: int = 0  # attempts where nobody listened
    refused: set[int] = field(default_factory=set)  # 503: not taken, or the store's answer was lost
    refused_without_retry_after: int = 0
    other: dict[int, int] = field(default_factory=dict)  # by status


@dataclass(frozen=True)
class Account:
    """Accepted held against persisted."""

    lost: int
    doubled: int
    unexpected: int  # persisted, though nothing of the kind was sent
    refused: int  # persisted, though the answer was 503: the store's answer was lost
    persisted: int


@asynccontextmanager
async def sending(urls: list[str], rate: float, *, first: int = 1) -> AsyncIterator[Sent]:
    """Send until the block ends; `urls` may change meanwhile."""
    sent, over = Sent(urls), asyncio.Event()
    numbers, began = itertools.count(first), asyncio.get_running_loop().time()
    clients = [Client(ANSWER_SECONDS) for _ in range(SENDERS)]

    async def send_on(client: Client) -> None:
        loop = asyncio.get_running_loop()
        while not over.is_set():
            number = next(numbers)
            await asyncio.sleep(max(0.0, began + (number - first) / rate - loop.time()))
            await send(client, sent, number)

    tasks = [asyncio.create_task(send_on(client)) for client in clients]
    try:
        yield sent
    finally:
        over.set()  # not cancelled: what is under way gets its answer
        await asyncio.gather(*tasks)
        for client in clients:
            client.close()


async def send(client: Client, sent: Sent, number: int) -> None:
    try:
        answer = await post(client, sent, number)
    except (TimeoutError, OSError, EOFError):
        sent.unanswered.add(number)
        return
    if answer.status == 202:
        sent.accepted.add(number)
    elif answer.status == 503:
        sent.refused.add(number)
        sent.refused_without_retry_after += not answer.says_retry_after
    else:
        sent.other[answer.status] = sent.other.get(answer.status, 0) + 1


async def post(client: Client, sent: Sent, number: int) -> Answer:
    """Post a message; where nobody listens, nothing was sent, and another takes it."""
    began = time.monotonic()
    for attempt in itertools.count(number):
        url = sent.urls[attempt % len(sent.urls)]
        body = json.dumps({"request_id": number, "sent_at": time.time()})
        try:
            return await client.post(url, "/write", body.encode())
        except ConnectionRefusedError:
            sent.elsewhere += 1
            waited = time.monotonic() - began
            assert waited < NOBODY_SECONDS, f"nobody listened at {sent.urls} for {waited:.0f} s"
            await asyncio.sleep(0.05)
    raise AssertionError("unreachable: the attempts do not end")


def account(database_url: str, sent: Sent, *, since: int = 0) -> Account:
    """Read every id back, from the first on that was sent."""
    query = "select (payload->>'request_id')::bigint from messages"
    with connect_postgres(database_url) as connection:
        rows = [row[0] for row in connection.execute(query.encode()) if row[0] >= since]
    stored, known = set(rows), sent.accepted | sent.unanswered | sent.refused
    return Account(
        lost=len(sent.accepted - stored),
        doubled=len(rows) - len(stored),
        unexpected=len(stored - known),
        refused=len(stored & sent.refused),
        persisted=len(rows),
    )


def lag_p99(database_url: str, since: float) -> float:
    """Seconds from a message's sending to its commit's start, of those sent from a moment on."""
    sent_at = "(payload->>'sent_at')::float"
    lag = f"extract(epoch from created_at) - {sent_at}"
    query = (
        f"select percentile_cont(0.99) within group (order by {lag}) from messages"
        f" where {sent_at} >= {since}"
    )
    with connect_postgres(database_url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return float(row[0]) if row and row[0] is not None else float("inf")


def connect_postgres(database_url: str) -> psycopg.Connection:
    """Connect with limits: a test must not wait for a server that says nothing."""
    return psycopg.connect(
        database_url, connect_timeout=10, options="-c statement_timeout=120s", autocommit=True
    )


def told(sent: Sent, found: Account) -> str:
    again = f", {found.refused} refused with 503 and persisted" if found.refused else ""
    return (
        f"{len(sent.accepted):,} accepted, {found.persisted:,} persisted, "
        f"{len(sent.unanswered)} unanswered, {found.lost} lost, {found.doubled} doubled{again}"
    )


def require(found: Account) -> None:
    assert (found.lost, found.doubled, found.unexpected) == (0, 0, 0)
