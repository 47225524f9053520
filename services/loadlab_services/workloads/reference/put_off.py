"""The worker's side of `queued`: burns CPU for a message, then writes the row that proves it.

The entry's id is the key of the row. A message that comes again, since Postgres or the worker went
away between burning and committing, is burnt again and writes no other row: below an outage the
cost of a message is exactly what it says.
"""

from typing import Final

import asyncpg
from pydantic import ValidationError

from loadlab_services.delivery.errors import EntryRefusedError
from loadlab_services.settings import StreamWorkerSettings
from loadlab_services.stream.table import Rows, Table
from loadlab_services.workloads.reference.burner import burn, overshoot_nanos
from loadlab_services.workloads.reference.message import Message

COMMAND_TIMEOUT: Final = 15.0
INSERT: Final = """
insert into reference_work (entry_id, request_id) values ($1, $2)
on conflict (entry_id) do nothing
"""


def open_sink(settings: StreamWorkerSettings) -> Table:
    """Describe the sink; the burner is measured before the first message."""
    overshoot_nanos()
    return Table(settings.database_url, writer=burn_and_insert)


async def burn_and_insert(connection: asyncpg.Connection, rows: Rows) -> int:
    """Do the work of a message and write its row; answers how many rows are new."""
    [(entry_id, text)] = rows
    message = _read(text)
    burn(message.burn_micros)
    status = await connection.execute(INSERT, entry_id, message.request_id, timeout=COMMAND_TIMEOUT)
    return int(status.rsplit(" ", 1)[1])


def _read(text: str) -> Message:
    try:
        return Message.model_validate_json(text)
    except ValidationError as error:
        raise EntryRefusedError(f"no message of this workload: {error}") from error
