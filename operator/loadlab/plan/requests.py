"""What is asked in a cell: the experiment's own request, or the workload's."""

from loadlab.catalogue import Cell
from loadlab.catalogue.facts import Asked
from loadlab.catalogue.requests import Request, Requests
from loadlab.model.spec import LoadExperimentSpec
from loadlab.plan.secret_headers import secret_headers
from loadlab.plan.variants import ResolvedVariant, workload_of


def requests_of(spec: LoadExperimentSpec, variant: ResolvedVariant, cell: Cell) -> Requests:
    """Return the requests of a cell of a variant."""
    own, ask = spec.load.request, workload_of(spec).requests
    if own.path is None and ask is not None:
        return ask(Asked(cell, variant.facts, spec.postgres.scale))
    request = Request(
        name="request",
        method=own.method or "GET",
        path=own.path or "/",
        headers=own.headers,
        expected=own.expected_statuses,
        secret_headers=secret_headers(own.headers_from),
        body=own.body,
    )
    ranges = {name: (r.min, r.max) for name, r in own.variables.items()}
    return Requests(load=(request,), variables=ranges)
