"""sleep: waiting, without a database."""

from loadlab.catalogue.facts import Asked, Variant, Workload
from loadlab.catalogue.requests import Request, Requests, parameters_of


def _requests(asked: Asked) -> Requests:
    return Requests(load=(Request(name="sleep", path=f"/sleep?{parameters_of(asked.cell)}"),))


WORKLOAD = Workload(
    name="sleep",
    summary="waits, without a database.",
    variants={
        "async": Variant(),
        "sync": Variant(),
        "async-in-sync": Variant(),
        "mixed-sync": Variant(waits=2),
        "mixed-async": Variant(waits=2),
    },
    requests=_requests,
    has_postgres=False,
)
