"""simulation: two queries into data frames, then work on the CPU in Python.

`queued` answers 202 after the queries and leaves the number to a Celery worker, which writes it
into a table of results: the answer does not wait for the CPU, and the CPU is used all the same.

The launcher imports the variant and then forks its workers. Importing Polars starts threads, which
a fork does not copy, and Polars may then wait for them for ever; so `frames` imports it in the
worker, before the first request. Each worker pays for that with 0.1 s of CPU and 26 MB.

Polars reads POLARS_MAX_THREADS when it is first used. One thread, because a frame holds one user's
rows; otherwise every worker would have as many as the machine has cores, whatever CPU its container
may use, and they would hide what the variants differ in.
"""

import os
from typing import Final

from loadlab_services.workload import (
    BrokerTask,
    GeneratedRows,
    Reference,
    Schema,
    Store,
    Variant,
    Workload,
    WriteLedger,
)

os.environ.setdefault("POLARS_MAX_THREADS", "1")

COMPUTE: Final = "compute"
_POSTGRES: Final = frozenset({Store.POSTGRES})

WORKLOAD: Final = Workload(
    name="simulation",
    data=GeneratedRows(Reference("loadlab_services.orders.dataset:orders_at")),
    results=Schema(Reference(f"{__name__}.results:create")),
    ledger=WriteLedger("simulation_results", "select request_id as id from simulation_results"),
    variants={
        "sync": Variant(f"{__name__}.sync_threads", _POSTGRES),
        "async": Variant(f"{__name__}.async_loop", _POSTGRES),
        "async-thread": Variant(f"{__name__}.async_thread", _POSTGRES),
        "async-process": Variant(f"{__name__}.async_process", _POSTGRES),
        "queued": Variant(
            f"{__name__}.queued",
            _POSTGRES | {Store.RABBITMQ},
            put_off=BrokerTask(COMPUTE, Reference(f"{__name__}.compute:register")),
        ),
    },
)
