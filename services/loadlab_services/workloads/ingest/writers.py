"""How a batch gets into `messages`: one row per INSERT, many rows per INSERT, or COPY.

Each writer is one transaction and returns how many rows are new: an entry that is known already is
skipped, however often it comes. What differs is only what Postgres has to do per row.
"""

import asyncpg

from loadlab_services.stream.table import Rows

COMMAND_TIMEOUT = 15.0
INSERT_ONE = """
insert into messages (entry_id, payload) values ($1, $2::jsonb)
on conflict (entry_id) do nothing
"""
INSERT_MANY = """
insert into messages (entry_id, payload)
select * from unnest($1::text[], $2::jsonb[])
on conflict (entry_id) do nothing
"""


async def insert_one(connection: asyncpg.Connection, rows: Rows) -> int:
    """Insert the only row of a batch; consumers that write like this have a batch size of 1."""
    [(entry_id, payload)] = rows
    return _count(await connection.execute(INSERT_ONE, entry_id, payload, timeout=COMMAND_TIMEOUT))


async def insert_many(connection: asyncpg.Connection, rows: Rows) -> int:
    """Insert all rows in one statement."""
    ids, payloads = [row[0] for row in rows], [row[1] for row in rows]
    return _count(await connection.execute(INSERT_MANY, ids, payloads, timeout=COMMAND_TIMEOUT))


async def copy_many(connection: asyncpg.Connection, rows: Rows) -> int:
    """COPY all rows; it alone is a transaction, and the cheapest way in."""
    try:
        status = await connection.copy_records_to_table(
            "messages", records=rows, columns=["entry_id", "payload"], timeout=COMMAND_TIMEOUT
        )
    except asyncpg.UniqueViolationError:
        # COPY cannot skip a known key. Some rows were committed before a crash or by another
        # consumer: rare, so it may cost more.
        return await insert_many(connection, rows)
    return _count(status)


def _count(status: str) -> int:
    """Read the number of rows from Postgres' answer, such as `COPY 500` or `INSERT 0 500`."""
    return int(status.rsplit(" ", 1)[1])
