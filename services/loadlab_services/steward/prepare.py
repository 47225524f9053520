"""Puts the stores into the same state before every run."""

from collections.abc import Iterable

import asyncpg

from loadlab_services.broker.inspection import Broker
from loadlab_services.broker.names import dead_letter_name, queue_name
from loadlab_services.steward.own_keys import clear_keys
from loadlab_services.steward.run_records import Preparation
from loadlab_services.steward.stores import Stores
from loadlab_services.steward.write_ledger import emptying
from loadlab_services.workload import Workload

# AMQP lists no queues, but the steward knows whose there can be. What ran before the last few has
# been cleared away by those.
EARLIER_RUNS = """
select run from loadlab_steward where run <> $1 order by prepared_at desc limit 20
"""


def build_preparation(workload: Workload, stores: Stores, *, run: str) -> Preparation:
    """Say what has to happen before a run, inside the transaction that remembers it.

    Without a database there is no such transaction, and the steward is asked for one run at a time.
    """

    async def prepare(connection: asyncpg.pool.PoolConnectionProxy | None) -> None:
        if workload.ledger is not None and connection is not None:
            await connection.execute(emptying(workload.ledger))
        rows = [] if connection is None else await connection.fetch(EARLIER_RUNS, run)
        earlier = [row["run"] for row in rows]
        await clear_keys(stores, workload, earlier, keep=run)
        if stores.broker is not None and earlier:
            await delete_queues(stores.broker, stores.queue_prefix, earlier)

    return prepare


async def delete_queues(broker: Broker, prefix: str, runs: Iterable[str]) -> None:
    """Delete the queues of runs that are over."""
    queues = [queue_name(prefix, run) for run in runs]
    await broker.delete([*queues, *(dead_letter_name(queue) for queue in queues)])
