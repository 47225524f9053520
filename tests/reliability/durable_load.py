"""Numbered messages over HTTP at a steady rate, and what became of each."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import psycopg

SENDERS = 64


@dataclass
class Sent:
    """What the clients know: an id is in one of these, and is sent once only."""

    urls: list[str]
    accepted: set[int] = field(default_factory=set)
    unanswered: set[int] = field(default_factory=set)  # it may have been taken or not
    elsewhere: int = 0  # attempts where nobody listened
    refused: int = 0
    refused_without_retry_after: int = 0
    other: dict[int, int] = field(default_factory=dict)  # by status

    @property
    def count(self) -> int:
        return len(self.accepted) + len(self.unanswered) + self.refused + sum(self.other.values())


@dataclass(frozen=True)
class Account:
    """Accepted held against persisted."""

    lost: int
    doubled: int
    unexpected: int  # persisted, though neither accepted nor unanswered
    persisted: int


@asynccontextmanager
async def sending(urls: list[str], rate: float, *, first: int = 1) -> AsyncIterator[Sent]:
    """Send until the block ends; `urls` may change meanwhile."""
    sent, over = Sent(urls), asyncio.Event()
    numbers, began = itertools.count(first), asyncio.get_running_loop().time()
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def send_on() -> None:
            loop = asyncio.get_running_loop()
            while not over.is_set():
                number = next(numbers)
                await asyncio.sleep(max(0.0, began + (number - first) / rate - loop.time()))
                await send(session, sent, number)

        tasks = [asyncio.create_task(send_on()) for _ in range(SENDERS)]
        try:
            yield sent
        finally:
            over.set()  # not cancelled: what is under way gets its answer
            await asyncio.gather(*tasks)


async def send(session: aiohttp.ClientSession, sent: Sent, number: int) -> None:
    try:
        answer = await post(session, sent, number)
    except (aiohttp.ClientError, TimeoutError, OSError):
        sent.unanswered.add(number)
        return
    if answer.status == 202:
        sent.accepted.add(number)
    elif answer.status == 503:
        sent.refused += 1
        sent.refused_without_retry_after += "Retry-After" not in answer.headers
    else:
        sent.other[answer.status] = sent.other.get(answer.status, 0) + 1


async def post(session: aiohttp.ClientSession, sent: Sent, number: int) -> aiohttp.ClientResponse:
    """Post a message; where nobody listens, nothing was sent, and another takes it."""
    for attempt in itertools.count(number):
        url = f"{sent.urls[attempt % len(sent.urls)]}/write"
        try:
            async with session.post(url, json={"request_id": number}) as answer:
                await answer.read()
                return answer
        except aiohttp.ClientConnectorError:
            sent.elsewhere += 1
            await asyncio.sleep(0.05)
    raise AssertionError("unreachable: the attempts do not end")


def account(database_url: str, sent: Sent, *, since: int = 0) -> Account:
    """Read every id back, from the first on that was sent."""
    query = "select (payload->>'request_id')::bigint from messages"
    with psycopg.connect(database_url) as connection:
        rows = [row[0] for row in connection.execute(query.encode()) if row[0] >= since]
    stored = set(rows)
    return Account(
        lost=len(sent.accepted - stored),
        doubled=len(rows) - len(stored),
        unexpected=len(stored - sent.accepted - sent.unanswered),
        persisted=len(rows),
    )


def lag_p99(database_url: str, since: float) -> float:
    """Seconds from an entry's acceptance to its commit's start, of those from a moment on."""
    lag = "extract(epoch from created_at) - split_part(entry_id, '-', 1)::bigint / 1000.0"
    query = (
        f"select percentile_cont(0.99) within group (order by {lag}) from messages"
        f" where split_part(entry_id, '-', 1)::bigint / 1000.0 >= {since}"
    )
    with psycopg.connect(database_url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return float(row[0]) if row and row[0] is not None else float("inf")


def told(sent: Sent, found: Account) -> str:
    return (
        f"{len(sent.accepted):,} accepted, {found.persisted:,} persisted, "
        f"{len(sent.unanswered)} unanswered, {found.lost} lost, {found.doubled} doubled"
    )


def require(found: Account) -> None:
    assert (found.lost, found.doubled, found.unexpected) == (0, 0, 0)
