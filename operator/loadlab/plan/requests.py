"""What is asked in a cell: the experiment's own requests, or the workload's."""

from loadlab.catalogue import Cell
from loadlab.catalogue.facts import Asked
from loadlab.catalogue.requests import Extracted, Request, Requests
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.request import Request as OwnRequest
from loadlab.model.spec.steps import Extract, Form, Step
from loadlab.plan.secret_headers import secret_headers
from loadlab.plan.text_files import values_of
from loadlab.plan.variants import ResolvedVariant, workload_of


def requests_of(spec: LoadExperimentSpec, variant: ResolvedVariant, cell: Cell) -> Requests:
    """Return the requests of a cell of a variant."""
    own, ask = spec.load.request, workload_of(spec).requests
    variables = {name: values_of(name, given) for name, given in own.variables.items()}
    if own.steps:
        steps = tuple(_of_step(own, step) for step in own.steps)
        return Requests(load=steps, in_order=True, variables=variables)
    if own.path is None and ask is not None:
        return ask(Asked(cell, variant.facts, spec.postgres.scale))
    request = Request(
        name="request",
        method=own.method or "GET",
        path=own.path or "/",
        headers=own.headers,
        secret_headers=secret_headers(own.headers_from),
        expected=own.expected_statuses,
        body=own.body,
    )
    return Requests(load=(request,), variables=variables)


def readiness_headers(spec: LoadExperimentSpec) -> dict[str, str]:
    """Return the headers of the load that are the same in each request, for that for readiness.

    An app that answers one host only, or nobody without a token, is asked as the load asks it.
    """
    return {
        name: text
        for name, text in spec.load.request.headers.items()
        if "${" not in text and not name.lower().startswith("content-")
    }


def _of_step(own: OwnRequest, step: Step) -> Request:
    named = {name.lower() for name in step.headers}
    kept = {name: text for name, text in own.headers.items() if name.lower() not in named}
    secret = [header for header in own.headers_from if header.name.lower() not in named]
    return Request(
        name=step.name,
        method=step.method or "GET",
        path=step.path,
        headers=kept | step.headers,
        secret_headers=secret_headers(secret),
        expected=step.expected_statuses,
        extract=tuple(_extracted(one) for one in step.extract),
        body=step.body,
    )


def _extracted(given: Extract) -> Extracted:
    sources = {"json": given.json_path, "header": given.header, "cookie": given.cookie}
    source, at = next((source, at) for source, at in sources.items() if at is not None)
    return Extracted(name=given.name, source=source, at=at, is_path=given.form is Form.PATH)
