"""select: one query, the user's orders with their items."""

from loadlab.catalogue.facts import Asked, Variant, Workload
from loadlab.catalogue.orders import user_range
from loadlab.catalogue.requests import Request, Requests

_ONE_QUERY = Variant(pool=True, transactions=1)


def _requests(asked: Asked) -> Requests:
    request = Request(name="select", path="/select?user_id=${user_id}")
    return Requests(load=(request,), variables={"user_id": user_range(asked)})


WORKLOAD = Workload(
    name="select",
    summary="one query.",
    variants={
        "sync": _ONE_QUERY,
        "async": _ONE_QUERY,
        # asyncpg's reset of a connection that comes back to its pool is a transaction of its own.
        "asyncpg": Variant(pool=True, transactions=2),
        "asyncpg-tuned": _ONE_QUERY,
        "cached": Variant(pool=True, transactions=2, redis=True, cached=True),
    },
    requests=_requests,
)
