"""What the API server's schema cannot check: whether a plan can be made from a spec at all."""

import re
from collections.abc import Iterator

from loadlab.base.names import EXPERIMENT_NAME, EXPERIMENT_NAME_IN_WORDS, MAX_EXPERIMENT_NAME
from loadlab.base.quantities import whole_number
from loadlab.catalogue import Cell, Factor
from loadlab.catalogue.factor_facts import Server
from loadlab.catalogue.facts import CACHE_TTL
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.config_maps import config_maps_of
from loadlab.model.spec.expectations import Expectation, FigureName, fault_of, groups_of
from loadlab.model.spec.load import Purpose
from loadlab.model.spec.stores import Postgres, RabbitMq, Redis
from loadlab.model.status.chosen import LONGEST_TITLE
from loadlab.model.status.conditions import Reason
from loadlab.model.status.inputs import MOST_CONFIG_MAPS
from loadlab.plan.connections import RESERVED_CONNECTIONS, highest_demand
from loadlab.plan.context import Context
from loadlab.plan.errors import PlanError
from loadlab.plan.generator_checks import check_generators, check_iterations
from loadlab.plan.keys import check_keys
from loadlab.plan.own_script import check_script
from loadlab.plan.pod_checks import check_pods
from loadlab.plan.rates import lowest_rate
from loadlab.plan.requests import requests_of
from loadlab.plan.secret_headers import check_secret_headers
from loadlab.plan.stores import MAX_CONNECTIONS
from loadlab.plan.variables import check_variables
from loadlab.plan.variants import workload_of

MOST_PROCESSES = 64  # of all pods of a service: each has a line in the steward's snapshot
MOST_CONNECTIONS = 262_143  # what Postgres takes
LONGEST_TTL_MS = 86_400_000  # a day
SHOWN = 40  # characters of a value that a message repeats


def check_name(name: str) -> None:
    """Refuse a name that no child could be given.

    Raises:
        PlanError: it has other characters than a Service may have, or too many.
    """
    if re.fullmatch(EXPERIMENT_NAME, name) is None:
        reason = Reason.NAME_TOO_LONG if len(name) > MAX_EXPERIMENT_NAME else Reason.INVALID_NAME
        raise PlanError(reason, f"a name {EXPERIMENT_NAME_IN_WORDS}")


def check_spec(spec: LoadExperimentSpec) -> None:
    """Refuse what is at odds with itself, whatever the cells.

    Raises:
        PlanError: names the field and the remedy.
    """
    _check_factors(spec)
    _check_gunicorn(spec)
    _check_stores(spec)
    _check_search(spec)
    check_variables(spec)
    _check_cache_ttl(spec)
    check_keys(spec)
    check_secret_headers(spec)
    check_script(spec)
    _check_config_maps(spec)


def check_cells(context: Context, cells: tuple[Cell, ...]) -> None:
    """Refuse a sweep that asks for more than there is, and expectations that say nothing of it.

    Raises:
        PlanError: names the field and the remedy.
    """
    _check_titles(cells)
    check_generators(context, cells)
    check_pods(context, cells)
    check_iterations(context, cells)
    _check_replicas(context, cells)
    _check_connections(context, cells)
    _check_expectations(context, cells)


def _check_titles(cells: tuple[Cell, ...]) -> None:
    """What is known of a cell is found by its title, which no status may cut."""
    title = max((cell.title() for cell in cells), key=len, default="")
    if len(title) > LONGEST_TITLE:
        message = (
            f"{title[:LONGEST_TITLE]}… is the name of a cell, and {LONGEST_TITLE} characters are "
            "the most: give fewer factors, and shorter names of variants"
        )
        raise PlanError(Reason.INVALID_SPEC, message)


def _check_replicas(context: Context, cells: tuple[Cell, ...]) -> None:
    for cell in cells:
        processes = context.variant(cell).pods_in(cell) * (cell.number(Factor.WORKERS) or 1)
        if processes > MOST_PROCESSES and cell.number(Factor.REPLICAS) is not None:
            message = (
                f"{cell.title()} has {processes} processes of the service, and {MOST_PROCESSES} "
                "are the most: lower factors.replicas or factors.workers, or exclude the pair"
            )
            raise PlanError(Reason.INVALID_SPEC, message)


def _check_config_maps(spec: LoadExperimentSpec) -> None:
    if (named := len(config_maps_of(spec))) > MOST_CONFIG_MAPS:
        message = (
            f"the spec names {named} ConfigMaps, and {MOST_CONFIG_MAPS} are the most, as each is "
            "looked at all the time: put more keys into one"
        )
        raise PlanError(Reason.INVALID_SPEC, message)


def _check_search(spec: LoadExperimentSpec) -> None:
    search = spec.load.search
    if search is not None and (lowest := lowest_rate(spec.load)) >= search.max_rate:
        message = (
            f"load.search.maxRate is {search.max_rate}, and below {lowest} per load.timeUnit a "
            "window has too few requests: raise load.search.maxRate or load.duration"
        )
        raise PlanError(Reason.TOO_FEW_REQUESTS, message)


def _check_factors(spec: LoadExperimentSpec) -> None:
    for factor in _idle_factors(spec):
        names = ", ".join(variant.name for variant in spec.variants)
        message = (
            f"factors.{factor} changes nothing for {names}; remove it, or add a variant "
            "that it means something to"
        )
        raise PlanError(Reason.INVALID_SPEC, message)


def _check_gunicorn(spec: LoadExperimentSpec) -> None:
    """Refuse gunicorn's settings where something else serves: those cells would all be alike."""
    swept = spec.factors.levels(Factor.SERVER)
    servers = set(swept or (variant.server or Server.UVICORN for variant in spec.variants))
    for factor in (Factor.GUNICORN_THREADS, Factor.GUNICORN_WORKER_CONNECTIONS):
        if spec.factors.levels(factor) is not None and servers != {Server.GUNICORN}:
            message = (
                f"factors.{factor} is a setting of gunicorn: serve every variant by it, with "
                "server: gunicorn in each or factors.server: [gunicorn]"
            )
            raise PlanError(Reason.INVALID_SPEC, message)


def _idle_factors(spec: LoadExperimentSpec) -> Iterator[Factor]:
    """Yield the factors that were given and change nothing for any of the variants.

    Not those that the API server fills in, whether they mean something or not; with another level,
    too, where the workload has variants of its own: the one that has it may be left out for now.
    """
    workload, names = workload_of(spec), [variant.name for variant in spec.variants]
    filled_in = {f for f in Factor if f.facts.default is not None and workload.variants}
    given = (
        factor
        for factor in Factor
        if factor not in filled_in
        and spec.factors.levels(factor) not in {None, factor.facts.default}
    )
    return (f for f in given if not any(workload.gives_meaning(f, name) for name in names))


def _check_stores(spec: LoadExperimentSpec) -> None:
    """Refuse what is said of stores where none can be had: it would be ignored."""
    said = {
        "postgres": spec.postgres != Postgres(),
        "redis": spec.redis != Redis(),
        "rabbitmq": spec.rabbitmq != RabbitMq(),
    }
    if workload_of(spec).variants:
        return  # a variant that has it may have been left out for now
    for store in (store for store, is_given in said.items() if is_given):
        message = (
            f"{store} means nothing for the workload {spec.workload}, which has no stores: remove "
            "it. Your image takes the address of its store from a Secret (variants[].env)"
        )
        raise PlanError(Reason.INVALID_SPEC, message)


def _check_cache_ttl(spec: LoadExperimentSpec) -> None:
    for variant in spec.variants:
        for variable in variant.env:
            if variable.name == CACHE_TTL and variant.image is None:
                # How stale an answer may be follows from it: it has to stand in the spec.
                given = variable.value or ""
                _number(f"variants {variant.name}: env {CACHE_TTL}", given, LONGEST_TTL_MS)


def _number(field: str, text: str, most: int) -> int:
    number = whole_number(text)
    if number is None or not 1 <= number <= most:
        given = repr(text[:SHOWN] + ("…" if len(text) > SHOWN else ""))
        message = f"{field} is {given}: give a whole number from 1 to {most}"
        raise PlanError(Reason.INVALID_SPEC, message)
    return number


def _check_connections(context: Context, cells: tuple[Cell, ...]) -> None:
    spec = context.spec
    if spec.postgres.is_existing:
        return  # only the server knows; the data set's Job asks it
    setting = spec.postgres.settings.get("max_connections", str(MAX_CONNECTIONS))
    allowed = _number("postgres.settings.max_connections", setting, MOST_CONNECTIONS)
    demand = highest_demand(context.variants, cells)
    if demand is not None and demand.total > allowed:
        message = (
            f"{demand.cell.title()} needs {demand.total} connections ({demand.pooled} pooled, "
            f"{demand.consumers} of consumers, {RESERVED_CONNECTIONS} reserved) and "
            f"max_connections is {allowed}; lower factors.poolSize or factors.consumers, or raise "
            "postgres.settings.max_connections"
        )
        raise PlanError(Reason.POOL_TOO_LARGE, message)


def _check_expectations(context: Context, cells: tuple[Cell, ...]) -> None:
    names = _RequestNames(context)
    for expectation in context.spec.expectations:
        fault = _without_meaning(context, expectation) or fault_of(expectation, cells)
        if fault := fault or _unknown_request(expectation, cells, names):
            message = f"expectations {expectation.name}: {fault}"
            raise PlanError(Reason.INVALID_EXPECTATION, message)


def _without_meaning(context: Context, expectation: Expectation) -> str:
    is_compare = context.spec.load.purpose is Purpose.COMPARE
    if is_compare and expectation.figure is FigureName.REQUESTS_PER_SECOND:
        return (
            "with load.purpose Compare all cells are offered one rate, so requestsPerSecond tells "
            "nothing; claim cpuMicrosPerRequest.service or a latency, or use Capacity"
        )
    return ""


class _RequestNames:
    """The names of each cell's requests: twenty expectations ask for those of the same cells."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[int, tuple[str, ...]] = {}

    def of(self, cell: Cell) -> tuple[str, ...]:
        """Return the names of a cell's requests; the cells live as long as the plan is made."""
        if id(cell) not in self._known:
            context = self._context
            requests = requests_of(context.spec, context.variant(cell), cell)
            self._known[id(cell)] = requests.names
        return self._known[id(cell)]


def _unknown_request(
    expectation: Expectation, cells: tuple[Cell, ...], requests: _RequestNames
) -> str:
    if expectation.request is None:
        return ""
    named = {id(cell): cell for group in groups_of(expectation, cells) for cell in group}
    for cell in named.values():
        names = requests.of(cell)
        if expectation.request not in names:
            known = f"there are {', '.join(names)}" if names else "all are alike; leave it out"
            return f"{cell.title()} has no request {expectation.request} of its own: {known}"
    return ""
