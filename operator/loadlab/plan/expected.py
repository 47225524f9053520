"""What is asked of a trial: the load in plain units, and the work that must be seen to be done."""

from dataclasses import dataclass, field

from loadlab.base.names import Component
from loadlab.base.quantities import cpus, milliseconds, seconds
from loadlab.catalogue import Cell, Factor
from loadlab.catalogue.generators import DEFAULT
from loadlab.model.spec.limits import Resources
from loadlab.model.spec.load import Executor, Load, users_of_rate
from loadlab.model.spec.placement import ServiceCpu
from loadlab.plan.context import Context
from loadlab.plan.generator_checks import generator_of
from loadlab.plan.requests import requests_of
from loadlab.plan.service_cpus import limit_of_pods
from loadlab.plan.variants import workload_of
from loadlab.plan.virtual_users import busy_users, ready_of_rate

K6_TIMEOUT_MS = 60_000.0  # of a request that names none


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedWork:
    """What must be seen to have happened for the answers of a trial."""

    transactions: int = 0  # of Postgres, for a read that no cache answered
    cached: bool = False  # one look-up in Redis for each read
    write_share: float = 0.0  # of the requests; writes are accounted for row by row
    wait_ms: float = 0.0  # no answer may come sooner
    workers: int | None = None  # processes of the service, of all its pods


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFacts:
    """The load a trial was planned with, in plain units."""

    open_model: bool  # arrivals do not wait for answers
    virtual_users: int  # of all pods; in the open model the ceiling
    duration_seconds: float  # at full load
    ramp_up_seconds: float = 0.0  # 0 for the constant executors
    rate_per_second: float | None = None  # iterations offered, open model only
    users_busy: float = 0.0  # that the rate keeps busy, where a pilot trial tells it
    iterations: int | None = None  # that are the load, and duration the most that they may take
    timeout_ms: float = 20_000.0  # of a request
    graceful_stop_ms: float = 30_000.0  # from the end of the load until requests are cut off
    steps: int = 1  # requests of an iteration, unless one of them fails
    own_script: bool = False  # requests and pauses of an iteration are a script's, and unknown
    own_scenarios: bool = False  # the number of users is, too
    writes: bool = False  # accepted work must be accounted for
    instrumented: bool = True  # the service has our instruments
    deployed: bool = True  # it was started for the trial; else it ran already
    cpu_limits: dict[str, float] = field(default_factory=dict)  # CPUs of a component, where limited
    owns_cpus: bool = True  # whether the service was to have CPUs of its own
    insists_on_cpus: bool = False  # whether it may not do without
    shared_because: str = ""  # why it was to share them, though its own were preferred
    foreign_cpus: float | None = None  # CPUs that others may use; None for the default
    log_lines: int = 1  # that the service may print for a request
    expected: ExpectedWork | None = None
    generator: str = DEFAULT  # for people

    @property
    def users_allocated(self) -> float:
        """Virtual users of all pods, also where the rate alone says how many."""
        if self.virtual_users or self.rate_per_second is None:
            return self.virtual_users
        return users_of_rate(self.rate_per_second)

    @property
    def users_ready(self) -> float:
        """Those of them that are there from the start; the others of a rate are made in time."""
        if self.virtual_users or self.rate_per_second is None:
            return self.virtual_users
        return ready_of_rate(self.rate_per_second, self.users_busy)

    @property
    def full_load_seconds(self) -> float:
        """Length of a full load with the same work: a ramp counts half."""
        return self.ramp_up_seconds / 2 + self.duration_seconds


def load_facts(context: Context, cell: Cell, load: Load) -> LoadFacts:
    """Return a load that is planned for a cell in plain units."""
    spec = context.spec
    rate, generator = cell.number(Factor.RATE), generator_of(spec, cell)
    is_waited_for = generator.facts.waits_at_end
    return LoadFacts(
        open_model=load.executor.is_open,
        virtual_users=cell.number(Factor.VIRTUAL_USERS) or load.max_virtual_users,
        duration_seconds=seconds(load.duration),
        ramp_up_seconds=load.ramp_seconds,
        rate_per_second=rate / seconds(load.time_unit) if rate else None,
        users_busy=busy_users(context, cell),
        iterations=load.iterations,
        timeout_ms=timeout_ms(load),
        graceful_stop_ms=milliseconds(load.graceful_stop) if is_waited_for else 0.0,
        steps=len(load.request.steps) or 1,
        own_script=load.script is not None,
        own_scenarios=load.executor is Executor.SCRIPT,
        writes=workload_of(spec).accounts_for(cell.variant),
        instrumented=context.variant(cell).has_instruments,
        deployed=context.variant(cell).is_deployed,
        cpu_limits=_cpu_limits(context, cell),
        owns_cpus=context.owns_cpus,
        insists_on_cpus=spec.placement.service_cpu is ServiceCpu.EXCLUSIVE,
        shared_because=context.chosen.service_cpu_reason,
        foreign_cpus=cpus(given) if (given := spec.placement.foreign_cpu) else None,
        log_lines=context.variant(cell).facts.log_lines,
        expected=expected_work(context, cell),
        generator=generator.value,
    )


def _cpu_limits(context: Context, cell: Cell) -> dict[str, float]:
    """Return the limits of what is deployed: what runs already has its own."""
    limits = cpu_limits(context.spec.resources)
    limits.pop(Component.SERVICE, None)
    variant = context.variant(cell)
    own = limit_of_pods(context.spec, cell, variant.pods_in(cell)) if variant.is_deployed else None
    return limits if own is None else {Component.SERVICE.value: own} | limits


def timeout_ms(load: Load) -> float:
    """Return how long an answer is waited for at most; a script asks by k6's own default."""
    return milliseconds(load.request.timeout) if load.script is None else K6_TIMEOUT_MS


def cpu_limits(resources: Resources) -> dict[str, float]:
    """Return the CPUs that each component may use, where that is limited."""
    amounts = {name: resources.of(name) for name in Resources.model_fields}
    return {name: cpus(found.cpu) for name, found in amounts.items() if found.cpu}


def expected_work(context: Context, cell: Cell) -> ExpectedWork | None:
    """Return what must be seen to be done in a cell; None for a service of the user's own."""
    variant = context.variant(cell)
    if variant.image is not None or not variant.is_deployed:
        return None
    known, workers = variant.facts, cell.number(Factor.WORKERS)
    return ExpectedWork(
        transactions=known.transactions,
        cached=known.cached,
        write_share=requests_of(context.spec, variant, cell).write_share,
        wait_ms=known.waits * sum(cell.number(f) or 0 for f in Factor if f.facts.waited),
        workers=workers and workers * variant.pods_in(cell),
    )
