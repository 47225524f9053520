"""Waits until a run's writes have arrived, and counts them."""

import time
from collections.abc import Sequence

import asyncpg

from loadlab_services.steward.books import Books
from loadlab_services.steward.ledger import Account
from loadlab_services.steward.leftover import Drain, wait_for_drain


async def account_for(
    run: str, books: Books, *, postgres: asyncpg.Pool, drains: Sequence[Drain], deadline: float
) -> Account:
    """Wait for the drains until `deadline` seconds from now, then count what is persisted.

    `pending` are the accepted writes that are not persisted yet; drained, it is 0.
    """
    started = time.monotonic()
    left = await wait_for_drain(drains, until=started + deadline)
    waited = time.monotonic() - started
    return {
        "run": run,
        "drained": left.drained,
        "drainSeconds": round(waited, 3),
        **await count_rows(postgres, books),
        "pending": left.pending,
        "deadLettered": left.dead_lettered,
    }


async def count_rows(postgres: asyncpg.Pool, books: Books) -> Account:
    """Count a workload's rows and add up the request ids in them."""
    (row,) = await postgres.fetch(books.count)
    return {
        "persisted": row["persisted"],
        "distinct": row["distinct"],
        "idSum": int(row["idSum"]),
        "idMix": int(row["idMix"]),
    }
