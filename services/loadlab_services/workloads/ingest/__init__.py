"""Many small writes, as a ladder: each rung changes one thing, so that its gain stands alone.

| variant         | the API                             | body as        | logs | the worker      |
|-----------------|-------------------------------------|----------------|------|-----------------|
| `naive`         | opens a connection, INSERT, commit  | pydantic model | yes  |                 |
| `pooled`        | asyncpg pool, INSERT, commit        | pydantic model | yes  |                 |
| `queued-insert` | Redis stream, an append per request | pydantic model | yes  | INSERT an entry |
| `queued-batch`  | Redis stream, an append per request | pydantic model | yes  | INSERT a batch  |
| `queued-copy`   | Redis stream, an append per request | pydantic model | yes  | COPY a batch    |
| `queued-quiet`  | Redis stream, an append per request | pydantic model | no   | COPY a batch    |
| `queued-dict`   | Redis stream, an append per request | plain dict     | no   | COPY a batch    |
| `queued`        | Redis stream, joint appends         | plain dict     | no   | COPY a batch    |
| `celery`        | RabbitMQ, a task per request        | plain dict     | no   | INSERT a task   |

The id in the answer is the process's own count (`naive`), the identity column (`pooled`) or the
entry's id. Joint appends: requests that arrive during one append leave together in the next.
"logs" are the server's access log and a line per message. A batch is what came in until BATCH_SIZE
or FLUSH_MS was reached: one statement, one commit, one XACK; `queued-insert` has batches of one.
WORKERS, POOL_SIZE and CONSUMERS are what the experiment says, on every rung that has them: more
processes are the rung above `queued`, and the published service has several of each.

Every rung with a stream keeps the same promises: XACK only after the commit, another consumer
claims what a dead one held, a refused entry becomes a dead letter after three tries while its batch
lands, nothing is trimmed before it is persisted, 503 instead of 202 when the stream is full, and
the entry's id as a unique key, so that no entry is stored twice.
"""

from typing import Final

from loadlab_services.workload import (
    BrokerTask,
    Reference,
    Schema,
    Store,
    StreamWork,
    Variant,
    Workload,
    WriteLedger,
)

WRITE_MESSAGE: Final = "write_message"
_POSTGRES: Final = frozenset({Store.POSTGRES})
_STREAM: Final = _POSTGRES | {Store.REDIS}
# Read as numerics, whose size has no limit that a body could exceed.
_IDS: Final = """
    select case when jsonb_typeof(payload -> 'request_id') = 'number'
           then trunc((payload ->> 'request_id')::numeric) end as id
    from messages
"""

_INSERT_ONE: Final = StreamWork(Reference(f"{__name__}.sinks:insert_each"), in_batches=False)
_INSERT_MANY: Final = StreamWork(Reference(f"{__name__}.sinks:insert_batches"))
_COPY: Final = StreamWork(Reference(f"{__name__}.sinks:copy_batches"))
_STEPS: Final = f"{__name__}.queued_steps"

WORKLOAD: Final = Workload(
    name="ingest",
    data=Schema(Reference(f"{__name__}.schema:create")),
    ledger=WriteLedger("messages", _IDS),
    variants={
        "naive": Variant(f"{__name__}.naive", _POSTGRES, access_log=True),
        "pooled": Variant(f"{__name__}.pooled", _POSTGRES, access_log=True),
        "queued-insert": Variant(_STEPS, _STREAM, access_log=True, put_off=_INSERT_ONE),
        "queued-batch": Variant(_STEPS, _STREAM, access_log=True, put_off=_INSERT_MANY),
        "queued-copy": Variant(_STEPS, _STREAM, access_log=True, put_off=_COPY),
        "queued-quiet": Variant(f"{__name__}.queued_quiet", _STREAM, put_off=_COPY),
        "queued-dict": Variant(f"{__name__}.queued_dict", _STREAM, put_off=_COPY),
        "queued": Variant(f"{__name__}.queued", _STREAM, put_off=_COPY),
        "celery": Variant(
            f"{__name__}.celery_rung",
            _POSTGRES | {Store.RABBITMQ},
            put_off=BrokerTask(WRITE_MESSAGE, Reference(f"{__name__}.write_message:register")),
        ),
    },
)
