"""A service that takes every connection of its database locks nobody out who measures it."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import psycopg
import pytest

from loadlab_services.settings import StewardSettings
from loadlab_services.steward.stores import CONNECTIONS, open_stores
from tests.services.postgres_server import POSTGRES_BIN
from tests.services.stewards import access

pytestmark = pytest.mark.integration


def take_all(url: str) -> Iterator[psycopg.Connection]:
    """Connections to a server until it refuses one."""
    with suppress(psycopg.OperationalError):
        while True:
            yield psycopg.connect(url)


async def test_a_full_database_still_answers_steward_and_probe(messages_url: str) -> None:
    given = {"workload": "ingest", "database_url": messages_url} | access("ingest-1a2b3c-001-a1")
    async with open_stores(StewardSettings.model_validate(given)) as stores:
        assert stores.postgres is not None
        await stores.claim_connections()

        with ExitStack() as clients:
            taken = [clients.enter_context(client) for client in take_all(messages_url)]
            with pytest.raises(psycopg.OperationalError, match="too many clients"):
                psycopg.connect(messages_url)
            sleeps = (stores.postgres.fetchval("select pg_sleep(0.1)") for _ in range(CONNECTIONS))
            await asyncio.gather(*sleeps)
            await stores.claim_connections()
            address = ("-h", "127.0.0.1", "-p", str(taken[0].info.port))
            probe = await asyncio.create_subprocess_exec(f"{POSTGRES_BIN}/pg_isready", *address)
            assert await probe.wait() == 0
