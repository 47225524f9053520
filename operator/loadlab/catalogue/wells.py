"""wells: heavy pages of a database beside a light endpoint."""

from loadlab.catalogue.facts import Asked, Variant, Workload
from loadlab.catalogue.requests import Request, Requests

WELLS_AT_FULL_SCALE = 100_000
SMALLEST_WELLS = 1000

_ONE_QUERY = Variant(pool=True, transactions=1)


def _requests(asked: Asked) -> Requests:
    wells = max(SMALLEST_WELLS, round(WELLS_AT_FULL_SCALE * asked.scale))
    return Requests(
        load=(
            Request(name="list", path="/wells?limit=100", weight=1),
            Request(name="details", path="/wells/${well}/details", weight=4),
        ),
        variables={"well": (1, wells)},
        side=Request(name="ping", path="/ping"),
        side_per_second=20,
    )


WORKLOAD = Workload(
    name="wells",
    summary="heavy pages beside a light endpoint.",
    variants={
        "blocking": _ONE_QUERY,
        "def": _ONE_QUERY,
        "threadpool": _ONE_QUERY,
        "async": _ONE_QUERY,
    },
    requests=_requests,
)
