"""reference: a request whose behaviour is known exactly, to hold the instrument against.

A request burns CPU, waits out a stall if there is one, waits as it is told, and answers, or fails.
What that comes to in percentiles, errors and CPU is a formula: see `truth`. The variants are alike
in it; `async` does it on the event loop, `sync` in a thread of the pool, and `queued` as `async`
does and then puts work off to a worker, which burns CPU for each message and writes a row.
"""

from typing import Final

from loadlab_services.workload import (
    Reference,
    Schema,
    Store,
    StreamWork,
    Variant,
    Workload,
    WriteLedger,
)

# One by one: a message is served alone, as in the textbooks' queue, and no claim takes it over
# while those before it burn.
_WORK: Final = StreamWork(Reference(f"{__name__}.put_off:open_sink"), in_batches=False)

WORKLOAD: Final = Workload(
    name="reference",
    data=Schema(Reference(f"{__name__}.table:create")),
    ledger=WriteLedger("reference_work", "select request_id as id from reference_work"),
    variants={
        "async": Variant(f"{__name__}.async_loop"),
        "sync": Variant(f"{__name__}.sync_threads"),
        "queued": Variant(
            f"{__name__}.queued", frozenset({Store.POSTGRES, Store.REDIS}), put_off=_WORK
        ),
    },
)
