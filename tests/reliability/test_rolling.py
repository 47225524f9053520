"""Test 19: APIs and workers are replaced under load, and nobody notices."""

import asyncio

import pytest

from tests.reliability.durable_load import account, require, sending, told
from tests.reliability.durable_parts import KEY, Parts, connect_redis
from tests.reliability.durable_run import eventually, stream_length, until_empty

pytestmark = pytest.mark.reliability
REPLACEMENTS = 20
LEAST_REQUESTS = 50_000
ENDPOINTS_SECONDS = 0.2  # from where new requests go to SIGTERM, as a pod's preStop waits


async def test_sigterm_at_seventy_percent_load_fails_no_request(parts: Parts, measured):
    await asyncio.to_thread(parts.postgres)
    await asyncio.to_thread(parts.redis, "always")
    api, url = await asyncio.to_thread(parts.api, "queued")
    worker = parts.worker("queued")
    most = await capacity(url)
    codes = []

    async with sending([url], 0.7 * most, first=10_000_000) as sent:
        for _ in range(REPLACEMENTS):
            successor, url = await asyncio.to_thread(parts.api, "queued")
            sent.urls[:] = [url]
            await asyncio.sleep(ENDPOINTS_SECONDS)
            codes.append(await asyncio.to_thread(api.terminate))
            heir = parts.worker("queued")
            codes.append(await asyncio.to_thread(worker.terminate))
            api, worker = successor, heir
        await eventually(
            lambda: len(sent.accepted) >= LEAST_REQUESTS, f"{LEAST_REQUESTS} messages", 600
        )
    await until_empty(lambda: stream_length(parts))

    failed = len(sent.unanswered) + len(sent.refused) + sent.elsewhere + sum(sent.other.values())
    found, pending = account(parts.database_url, sent, since=10_000_000), in_hand(parts)
    measured(
        19,
        f"{REPLACEMENTS} replacements of API and worker at {0.7 * most:.0f}/s: {failed} failed; "
        f"{told(sent, found)}; {pending} left in hand",
    )
    assert failed == pending == 0
    assert codes == [0] * 2 * REPLACEMENTS
    require(found)


async def capacity(url: str, seconds: float = 5.0) -> float:
    """Requests a second that one API answers, as many as are sent at a time."""
    async with sending([url], 1e6) as sent:
        await asyncio.sleep(seconds)
        return len(sent.accepted) / seconds


def in_hand(parts: Parts) -> int:
    with connect_redis(parts.redis_url) as client:
        groups = client.xinfo_groups(KEY)
    return sum(int(group["pending"]) for group in groups)
