"""Connections to the servers of the session."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from loadlab_services.stores.connect import connect_redis

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def redis(stream_url: str) -> AsyncIterator[Redis]:
    async with connect_redis(stream_url) as client:
        yield client


@pytest.fixture
async def postgres(messages_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(messages_url)
    yield connection
    await connection.close()
