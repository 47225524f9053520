"""The Postgres side of a consumer: one batch, one transaction, every entry at most once."""

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from loadlab_services.delivery.errors import EntryRefusedError, StoreUnavailableError
from loadlab_services.delivery.refusal import CONNECT_TIMEOUT, CONTENT_ERRORS
from loadlab_services.stores.connect import CONNECTION_ERRORS
from loadlab_services.stream.entry import Entry

# Rows are an entry's id and its JSON text. One transaction; answers how many rows are new.
Rows = Sequence[tuple[str, str]]
Writer = Callable[[asyncpg.Connection, Rows], Awaitable[int]]


class Table:
    """Writes entries by a writer, on a connection of its own, opened when needed."""

    def __init__(self, database_url: str, *, writer: Writer) -> None:
        self._database_url = database_url
        self._writer = writer
        self._connection: asyncpg.Connection | None = None
        self.persisted = 0
        self.commits = 0

    async def write(self, entries: Sequence[Entry]) -> None:
        """Persist the entries; when this returns they are committed, however often it was called.

        Raises EntryRefusedError if Postgres refuses the content, else StoreUnavailableError.
        """
        try:
            rows = [(entry.id, entry.payload.decode()) for entry in entries]
            self.persisted += await self._writer(await self._connected(), rows)
            self.commits += 1
        except UnicodeDecodeError as error:
            raise EntryRefusedError(str(error)) from error
        except asyncpg.PostgresError as error:
            if str(error.sqlstate).startswith(CONTENT_ERRORS):
                raise EntryRefusedError(str(error)) from error
            await self.close()
            raise StoreUnavailableError("Postgres", error) from error
        except CONNECTION_ERRORS as error:
            await self.close()
            raise StoreUnavailableError("Postgres", error) from error

    async def close(self) -> None:
        """Drop the connection without ceremony: what it had not committed is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._database_url, timeout=CONNECT_TIMEOUT)
        return self._connection
