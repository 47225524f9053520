"""What the steward answers: a snapshot of all components, and the account of the rows."""

from pydantic import Field, ValidationError, model_validator

from loadlab.base.models import first_fault
from loadlab.measurement.documents.base import Amount, Count, ReadModel
from loadlab.measurement.documents.trace import Trace


class Lag(ReadModel):
    """Delay of the event loop in seconds."""

    p50: Amount
    p99: Amount
    max: Amount


class Process(ReadModel):
    """One process of the service."""

    pid: Count
    requests: Count | None = None  # None without instruments
    cpu_seconds: Amount | None = None
    memory_bytes: Count | None = None
    open_files: Count | None = None


class PoolWait(ReadModel):
    """Time that requests waited for a connection of the pool, added up."""

    sum: Amount
    count: Count


class SessionCounts(ReadModel):
    """What the database's sessions were seen doing, added up over all looks."""

    looks: Count
    answer_micros: Count | None = None  # that the simplest query took
    running: Count
    lock: Count
    io: Count
    other: Count
    in_transaction: Count


class CpuTimes(ReadModel):
    """Some CPUs of a node, whoever used them; seconds since boot, added up."""

    cpus: Count
    cpu_seconds: Amount
    steal_seconds: Amount = 0.0


class ComponentReading(ReadModel):
    """One component at one moment; what it cannot know is absent."""

    cpu_seconds: Amount | None = None
    memory_bytes: Count | None = None
    major_faults: Count | None = None  # pages that were waited for
    throttled_seconds: Amount | None = None
    beside_cpu_seconds: Amount | None = None  # of containers that were added to the pod
    open_files: Count | None = None
    cpus_allowed: Count | None = None  # that its processes may run on
    cpus_online: Count | None = None  # of its node
    allowed_cpus: CpuTimes | None = None
    requests: Count | None = None
    failed: Count | None = None
    in_flight: Count | None = None
    thread_tokens_in_use: Count | None = None
    threads_exhausted_seconds: Amount | None = None  # over all processes
    thread_wait_seconds: Amount | None = None  # over all calls
    cpu_full_seconds: Amount | None = None  # over all processes
    pool_wait_seconds: PoolWait | None = None
    event_loop_lag_seconds: Lag | None = None
    transactions: Count | None = None  # of Postgres
    rows_returned: Count | None = None
    rows_fetched: Count | None = None
    rows_inserted: Count | None = None
    connections: Count | None = None
    sessions: SessionCounts | None = None
    keyspace_hits: Count | None = None  # of Redis
    keyspace_misses: Count | None = None
    commands: Count | None = None
    persisted: Count | None = None  # of the queue worker
    batches: Count | None = None
    dead_lettered: Count | None = None
    processes: tuple[Process, ...] = ()


class Answer(ReadModel):
    """An answer of the steward; where there was none the script writes why."""

    @model_validator(mode="before")
    @classmethod
    def _was_given(cls, body: object) -> object:
        if isinstance(body, dict) and "error" in body:
            raise ValueError(f"the steward did not answer: {body['error']}")
        return body


class Quietness(ReadModel):
    """How quiet the CPUs were before the load began."""

    quiet: bool
    waited_seconds: Amount
    busy_cpus: Amount
    pressure: Amount | None = None  # share of the time in which somebody waited for a CPU
    idle_cpus: dict[str, Amount] = Field(default={})  # busy in quiet moments, by set of CPUs


GONE = "gone: "  # begins the error of a component that nothing serves
CUT_OFF = "cut off: "  # … to which no connection could be made in time


def _fault(model: type[ReadModel], told: object) -> str:
    try:
        model.model_validate(told)
    except ValidationError as error:
        return f"it told what cannot be: {first_fault(error)}"
    return ""


class Silence(ReadModel):
    """The longest time in which a pod's kernel did not answer; `since` in seconds since 1970."""

    since: Amount
    seconds: Amount


class Snapshot(Answer):
    """All components at one edge of the measurement."""

    edge: str
    run: str = ""
    taken_at: Amount
    steady_seconds: Amount | None = None  # the same moment, by a clock that nobody sets
    components: dict[str, ComponentReading] = Field(default={})
    shared_cpus: CpuTimes | None = None  # those of the steward's node that nobody owns
    quietness: Quietness | None = None
    silences: dict[str, Silence] = Field(default={})  # of a component, since the first snapshot
    trace: Trace | None = None  # of a run that is traced
    errors: dict[str, str] = Field(default={})

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_cannot_be(cls, body: object) -> object:
        """A service tells of itself what it likes: the other components' figures stand."""
        if not isinstance(body, dict):
            return body
        told, errors = body.get("components"), body.get("errors") or {}
        if not (isinstance(told, dict) and isinstance(errors, dict)):
            return body
        faults = {name: f for name, one in told.items() if (f := _fault(ComponentReading, one))}
        known = {name: one for name, one in told.items() if name not in faults}
        trace = body.get("trace")
        if trace is not None and (fault := _fault(Trace, trace)):
            trace, faults = None, {**faults, "trace": fault}
        return {**body, "components": known, "trace": trace, "errors": {**errors, **faults}}

    @property
    def gone(self) -> frozenset[str]:
        """The components that nothing served."""
        return self._with_error(GONE)

    @property
    def cut_off(self) -> frozenset[str]:
        """The components to which no connection could be made."""
        return self._with_error(CUT_OFF)

    def _with_error(self, begin: str) -> frozenset[str]:
        return frozenset(name for name, why in self.errors.items() if why.startswith(begin))


class Account(Answer):
    """What the steward found after the drain; the counts are absent where nothing is written."""

    run: str = ""
    drained: bool
    drain_seconds: Amount = 0.0
    persisted: Count | None = None
    distinct: Count | None = None
    id_sum: int | None = None
    id_mix: int | None = None
    pending: Count = 0
    dead_lettered: Count = 0
    refused: tuple[str, ...] = ()  # by stores, or lost by them, in their words
    noted: tuple[str, ...] = ()  # of stores, by which no work is missing
