"""Whether the load generators of an experiment can do what its cells ask: refused, if not.

A generator that did something like it instead would give figures of another experiment.
"""

import re
from collections.abc import Iterator

from pydantic import BaseModel

from loadlab.base.quantities import milliseconds, seconds
from loadlab.catalogue import Cell, Factor, Generator
from loadlab.catalogue.generators import REMEDY, Skill, named
from loadlab.catalogue.requests import Request, Requests
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.request import Request as LoadRequest
from loadlab.model.spec.steps import Method
from loadlab.model.status.conditions import Reason
from loadlab.plan.context import Context
from loadlab.plan.errors import PlanError
from loadlab.plan.requests import requests_of
from loadlab.plan.variants import workload_of
from loadlab.plan.virtual_users import generator_pods

_USUAL_HEADER = re.compile(r"[\w-]+", re.ASCII)
# What of load.request every generator does, or has a skill of its own for.
KNOWN_FIELDS = frozenset(
    ("method", "path", "headers", "body", "variables", "redirects", "timeout", "think_time")
)


def generator_of(spec: LoadExperimentSpec, cell: Cell) -> Generator:
    """Return what makes the load of a cell."""
    level = cell.level(Factor.GENERATOR)
    return spec.load.generator if level is None else named(level)


def check_generators(context: Context, cells: tuple[Cell, ...]) -> None:
    """Refuse a cell that asks for what its generator cannot do.

    Raises:
        PlanError: says which generator, and what.
    """
    _check_calibration(context.spec)
    for cell in cells:
        _check_pods(context.spec, cell)
        generator = generator_of(context.spec, cell)
        if not generator.lacks(Skill.THREADS):
            _check_threads(context.spec, cell)
        for skill in _asked(context, cell):
            if generator.lacks(skill):
                message = f"{cell.title()}: {generator} cannot do {skill.value}: {REMEDY}"
                raise PlanError(Reason.INVALID_SPEC, message)


def _check_pods(spec: LoadExperimentSpec, cell: Cell) -> None:
    """Refuse more pods than users, as each needs one: in pilot trials, too, and at a rate."""
    pods = cell.number(Factor.PARALLELISM)
    if pods is None:
        return
    given = {"load.maxVirtualUsers": spec.load.max_virtual_users if spec.load.is_open else 0}
    if spec.load.has_pilots:
        given["factors.virtualUsers"] = int((spec.factors.levels(Factor.VIRTUAL_USERS) or (0,))[0])
    elif not spec.load.is_open:
        given["factors.virtualUsers"] = cell.number(Factor.VIRTUAL_USERS) or 0
    for field, users in given.items():
        if 0 < users < pods:
            message = (
                f"{cell.title()}: {users} virtual users ({field}) cannot be shared by {pods} pods "
                f"of the generator: raise {field}, or lower or exclude levels of "
                "factors.parallelism"
            )
            raise PlanError(Reason.INVALID_SPEC, message)


def _check_threads(spec: LoadExperimentSpec, cell: Cell) -> None:
    """Refuse threads that share the users of a pod unevenly: wrk would open fewer connections."""
    asked, users = spec.load.threads, cell.number(Factor.VIRTUAL_USERS)
    if asked is None or users is None:
        return
    for share in shares_of(users, generator_pods(spec.load, cell)):
        threads = min(asked, share)
        if share % threads:
            fewer = share - share % threads
            most = next(n for n in range(threads, 0, -1) if share % n == 0)
            message = (
                f"{cell.title()}: {asked} threads (load.threads) cannot share the {share} virtual "
                f"users of a pod evenly, and only {fewer} would make load: take {most} threads, "
                "or leave load.threads out"
            )
            raise PlanError(Reason.INVALID_SPEC, message)


def shares_of(users: int, pods: int) -> set[int]:
    """Return the numbers of virtual users that single pods have."""
    return {users // pods, -(-users // pods)} - {0}


def check_iterations(context: Context, cells: tuple[Cell, ...]) -> None:
    """Refuse a number of iterations beside requests that go on for a time.

    Raises:
        PlanError: says in which cell.
    """
    if context.spec.load.iterations is None:
        return
    for cell in cells:
        requests = requests_of(context.spec, context.variant(cell), cell)
        if requests.side is not None or requests.probes_freshness:
            message = (
                f"{cell.title()}: beside its load go requests for as long as load.duration says, "
                "and load.iterations would end it before: leave load.iterations out, or give a "
                "load.request of your own"
            )
            raise PlanError(Reason.INVALID_SPEC, message)


def _check_calibration(spec: LoadExperimentSpec) -> None:
    levels = spec.factors.levels(Factor.PARALLELISM) or ()
    if len(levels) > 1 and seconds(spec.load.calibration):
        message = (
            "load.calibration measures one number of generator pods: leave it out, or give one "
            "level of factors.parallelism"
        )
        raise PlanError(Reason.INVALID_SPEC, message)


def _asked(context: Context, cell: Cell) -> Iterator[Skill]:
    """Yield what a cell asks for, but for what the API server has looked at."""
    load, variant = context.spec.load, context.variant(cell)
    requests = requests_of(context.spec, variant, cell)
    measured = (load.duration, load.warmup, load.settling)
    asked = {
        Skill.CALIBRATION: bool(seconds(load.calibration)),
        Skill.VARIABLES: any("${" in text for request in requests.load for text in _texts(request)),
        Skill.THINKS: bool(seconds(load.request.think_time)),
        Skill.NAMES: len(requests.load) > 1 or requests.side is not None,
        Skill.READS_ANSWERS: _reads_answers(requests),
        Skill.ACCOUNTS: _is_accounted(context, cell, requests),
        Skill.PARTS_OF_SECONDS: any(milliseconds(text) % 1000 for text in measured),
        Skill.PARTS_OF_SECONDS_TO_WAIT: bool(milliseconds(load.request.timeout) % 1000),
        Skill.HTTPS: variant.https is not None,
        Skill.HEAD: any(request.method == Method.HEAD for request in requests.load),
        Skill.EVERY_HEADER: any(map(_has_unusual_headers, requests.load)),
        Skill.UNEVEN_SHARES: bool(_left_over(load.iterations, cell)),
        Skill.OTHER_FIELDS: _has_other_fields(load.request),
    }
    return (skill for skill, is_asked in asked.items() if is_asked)


def _has_unusual_headers(request: Request) -> bool:
    """Whether there are headers beyond what hey's -H takes and sends as it is given."""
    return any(
        name.lower() == "user-agent" or not value.strip() or not _USUAL_HEADER.fullmatch(name)
        for name, value in request.headers.items()
    )


def _left_over(iterations: int | None, cell: Cell) -> int:
    return (iterations or 0) % (cell.number(Factor.VIRTUAL_USERS) or 1)


def _has_other_fields(request: LoadRequest) -> bool:
    of_variables = any(_given(each) - {"min", "max"} for each in request.variables.values())
    return of_variables or bool(_given(request) - KNOWN_FIELDS)


def _given(model: BaseModel) -> set[str]:
    """The fields that say something: the API server fills in the defaults of all others."""
    fields = type(model).model_fields
    return {name for name, field in fields.items() if getattr(model, name) != field.default}


def _texts(request: Request) -> tuple[str, ...]:
    return (request.path, request.body or "", *request.headers.values())


def _is_accounted(context: Context, cell: Cell, requests: Requests) -> bool:
    """Whether rows may come to be, each of which must be that of an accepted request."""
    writes = any(r.writes or r.method not in {"GET", "HEAD"} for r in requests.load)
    return writes and workload_of(context.spec).accounts_for(cell.variant)


def _reads_answers(requests: Requests) -> bool:
    return requests.tells_cache or requests.probes_freshness
