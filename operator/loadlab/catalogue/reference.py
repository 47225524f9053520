"""reference: a request of exactly known behaviour, to hold the instrument against."""

from loadlab.catalogue.facts import STREAM_WORKER, Asked, Variant, Workload
from loadlab.catalogue.requests import Request, Requests, parameters_of

_BARE = Variant(postgres=False, writes=False)


def _requests(asked: Asked) -> Requests:
    request = Request(
        name="reference",
        method="POST",
        path=f"/reference?request_id=${{request_id}}&{parameters_of(asked.cell)}",
        writes=asked.variant.writes,
    )
    return Requests(load=(request,))


WORKLOAD = Workload(
    name="reference",
    summary="known delays, stalls, errors and CPU.",
    variants={
        "async": _BARE,
        "sync": _BARE,
        "queued": Variant(worker=STREAM_WORKER, redis=True),
    },
    requests=_requests,
    writes=True,
)
