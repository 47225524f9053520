"""simulation: two queries, then work on the CPU."""

from loadlab.catalogue.facts import CELERY_WORKER, Asked, Variant, Workload
from loadlab.catalogue.orders import user_range
from loadlab.catalogue.requests import Request, Requests, parameters_of

_TWO_QUERIES = Variant(pool=True, transactions=2, writes=False)


def _requests(asked: Asked) -> Requests:
    path = f"/simulation?user_id=${{user_id}}&{parameters_of(asked.cell)}"
    request = Request(name="simulation", path=path)
    if asked.variant.writes:
        path = f"{path}&request_id=${{request_id}}"
        request = Request(name="simulation", method="POST", path=path, writes=True)
    return Requests(load=(request,), variables={"user_id": user_range(asked)})


WORKLOAD = Workload(
    name="simulation",
    summary="two queries, then work on the CPU.",
    variants={
        "sync": _TWO_QUERIES,
        "async": _TWO_QUERIES,
        "async-thread": _TWO_QUERIES,
        "async-process": _TWO_QUERIES,
        "queued": Variant(pool=True, transactions=2, worker=CELERY_WORKER),
    },
    requests=_requests,
    writes=True,
)
