"""Waits until a run's writes have arrived, and counts them."""

import time
from collections.abc import Sequence

import asyncpg

from loadlab_services.steward.leftover import Drain, wait_for_drain
from loadlab_services.steward.run_records import Account
from loadlab_services.steward.write_ledger import counting
from loadlab_services.workload import WriteLedger


async def account_for(
    run: str,
    ledger: WriteLedger | None,
    *,
    postgres: asyncpg.Pool | None,
    drains: Sequence[Drain],
    deadline: float,
) -> Account:
    """Wait for the drains until `deadline` seconds from now, then count what is persisted.

    `pending` are the accepted writes that are not persisted yet; drained, it is 0. Where nothing is
    written and nothing can wait, the account says no more than that.
    """
    counts_rows = ledger is not None and postgres is not None
    if not counts_rows and not drains:
        return {"run": run, "drained": True, "drainSeconds": 0}
    started = time.monotonic()
    left = await wait_for_drain(drains, until=started + deadline)
    waited = time.monotonic() - started
    counted = await count_rows(postgres, ledger) if ledger and postgres else {}
    return {
        "run": run,
        "drained": left.drained,
        "drainSeconds": round(waited, 3),
        **counted,
        "pending": left.pending,
        "deadLettered": left.dead_lettered,
    }


async def count_rows(postgres: asyncpg.Pool, ledger: WriteLedger) -> Account:
    """Count a workload's rows and add up the request ids in them."""
    (row,) = await postgres.fetch(counting(ledger))
    return {
        "persisted": row["persisted"],
        "distinct": row["distinct"],
        "idSum": int(row["idSum"]),
        "idMix": int(row["idMix"]),
    }
