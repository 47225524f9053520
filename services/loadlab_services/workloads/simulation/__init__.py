"""simulation: two queries into data frames, then work on the CPU in Python.

The launcher imports the variant and then forks its workers. Importing Polars starts threads, which
a fork does not copy, and Polars may then wait for them for ever; so `frames` imports it in the
worker, before the first request. Each worker pays for that with 0.1 s of CPU and 26 MB.

Polars reads POLARS_MAX_THREADS when it is first used. One thread, because a frame holds one user's
rows; otherwise every worker would have as many as the machine has cores, whatever CPU its container
may use, and they would hide what the variants differ in.
"""

import os
from typing import Final

from loadlab_services.workload import GeneratedRows, Reference, Store, Variant, Workload

os.environ.setdefault("POLARS_MAX_THREADS", "1")

_POSTGRES: Final = frozenset({Store.POSTGRES})

WORKLOAD: Final = Workload(
    name="simulation",
    data=GeneratedRows(Reference("loadlab_services.orders.dataset:orders_at")),
    variants={
        "sync": Variant(f"{__name__}.sync_threads", _POSTGRES),
        "async": Variant(f"{__name__}.async_loop", _POSTGRES),
        "async-thread": Variant(f"{__name__}.async_thread", _POSTGRES),
        "async-process": Variant(f"{__name__}.async_process", _POSTGRES),
    },
)
