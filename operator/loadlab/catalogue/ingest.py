"""ingest: many small writes."""

from dataclasses import replace

from loadlab.catalogue.factors import Factor
from loadlab.catalogue.facts import CELERY_WORKER, STREAM_WORKER, Asked, Variant, Workload
from loadlab.catalogue.requests import PADDING, Range, Request, Requests

READING = (
    '{"request_id":${request_id},"device_id":"device-${device}","temperature":${temperature},'
    '"humidity":${humidity},"battery":${battery},"recorded_at":"2026-01-01T00:00:00Z"'
)
READING_RANGES: dict[str, Range] = {
    "device": (1, 1000),
    "temperature": (-20, 45),
    "humidity": (0, 100),
    "battery": (0, 100),
}

_LOGS = 2  # lines for a request: the server's access log, and the message
_STREAM = Variant(worker=STREAM_WORKER, redis=True, batches=True, log_lines=_LOGS)


def _requests(asked: Asked) -> Requests:
    bytes_added = asked.cell.number(Factor.PAYLOAD_BYTES) or 0
    padding = f',"padding":"{PADDING}"' if bytes_added else ""
    write = Request(
        name="write", method="POST", path="/write", body=f"{READING}{padding}}}", writes=True
    )
    return Requests(load=(write,), variables=READING_RANGES, padding_bytes=bytes_added)


WORKLOAD = Workload(
    name="ingest",
    summary="many small writes.",
    variants={
        "naive": Variant(log_lines=_LOGS),
        "pooled": Variant(pool=True, log_lines=_LOGS),
        "queued-insert": Variant(worker=STREAM_WORKER, redis=True, log_lines=_LOGS),
        "queued-batch": _STREAM,
        "queued-copy": _STREAM,
        "queued-quiet": replace(_STREAM, log_lines=0),
        "queued-dict": replace(_STREAM, log_lines=0),
        "queued": replace(_STREAM, log_lines=0),
        "celery": Variant(worker=CELERY_WORKER),
    },
    requests=_requests,
    writes=True,
)
