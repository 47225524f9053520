"""items: a small REST service, production style."""

from loadlab.catalogue.factors import Factor
from loadlab.catalogue.facts import CACHE_TTL_MS, CELERY_WORKER, Asked, Variant, Workload
from loadlab.catalogue.requests import PADDING, Request, Requests

QUEUE_STALE_MS = 5000

_CACHED = Variant(pool=True, transactions=1, redis=True, cached=True, stale_ms=CACHE_TTL_MS)


def _requests(asked: Asked) -> Requests:
    share = asked.cell.number(Factor.WRITE_PERCENT) or 0
    padding = asked.cell.number(Factor.PAYLOAD_BYTES) or 0
    text = "measured by LoadLab" + (PADDING if padding else "")
    body = f'{{"name":"item-${{request_id}}","description":"{text}"}}'
    write = Request(
        name="write", method="POST", path="/items", body=body, weight=share, writes=True
    )
    read = Request(name="read", path="/items?limit=100", weight=100 - share)
    return Requests(
        load=tuple(request for request in (read, write) if request.weight),
        probes_freshness=0 < share < 100,
        tells_cache=asked.variant.cached,
        padding_bytes=padding,
    )


WORKLOAD = Workload(
    name="items",
    summary="a small REST service.",
    variants={
        "direct": Variant(pool=True, transactions=1),
        "cached": _CACHED,
        "cached-middleware": _CACHED,
        "queued": Variant(
            pool=True,
            transactions=1,
            worker=CELERY_WORKER,
            redis=True,
            cached=True,
            stale_ms=QUEUE_STALE_MS,
        ),
    },
    requests=_requests,
    writes=True,
)
