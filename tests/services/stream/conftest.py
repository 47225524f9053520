"""Connections to the servers of the session."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from redis.asyncio import Redis

from loadlab_services.stores.connect import connect_redis


@pytest.fixture
async def redis(stream_url: str) -> AsyncIterator[Redis]:
    async with connect_redis(stream_url) as client:
        yield client


@pytest.fixture
async def postgres(messages_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(messages_url)
    yield connection
    await connection.close()
