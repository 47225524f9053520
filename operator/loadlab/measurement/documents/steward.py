"""What the steward answers: a snapshot of all components, and the account of the rows."""

from pydantic import Field, model_validator

from loadlab.measurement.documents.base import ReadModel


class Lag(ReadModel):
    """Delay of the event loop in seconds."""

    p50: float
    p99: float
    max: float


class Process(ReadModel):
    """One process of the service."""

    pid: int
    requests: int | None = None  # None without instruments
    cpu_seconds: float | None = None
    memory_bytes: int | None = None
    open_files: int | None = None


class PoolWait(ReadModel):
    """Time that requests waited for a connection of the pool, added up."""

    sum: float
    count: int


class SessionCounts(ReadModel):
    """What the database's sessions were seen doing, added up over all looks."""

    looks: int
    running: int
    lock: int
    io: int
    other: int
    in_transaction: int


class CpuTimes(ReadModel):
    """Some CPUs of a node, whoever used them; seconds since boot, added up."""

    cpus: int
    cpu_seconds: float
    steal_seconds: float = 0.0


class ComponentReading(ReadModel):
    """One component at one moment; what it cannot know is absent."""

    cpu_seconds: float | None = None
    memory_bytes: int | None = None
    throttled_seconds: float | None = None
    open_files: int | None = None
    cpus_allowed: int | None = None  # that its processes may run on
    cpus_online: int | None = None  # of its node
    allowed_cpus: CpuTimes | None = None
    requests: int | None = None
    failed: int | None = None
    in_flight: int | None = None
    thread_tokens_in_use: int | None = None
    threads_exhausted_seconds: float | None = None  # over all processes
    thread_wait_seconds: float | None = None  # over all calls
    cpu_full_seconds: float | None = None  # over all processes
    pool_wait_seconds: PoolWait | None = None
    event_loop_lag_seconds: Lag | None = None
    transactions: int | None = None  # of Postgres
    rows_returned: int | None = None
    rows_fetched: int | None = None
    rows_inserted: int | None = None
    connections: int | None = None
    sessions: SessionCounts | None = None
    keyspace_hits: int | None = None  # of Redis
    keyspace_misses: int | None = None
    commands: int | None = None
    persisted: int | None = None  # of the queue worker
    batches: int | None = None
    dead_lettered: int | None = None
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
    waited_seconds: float
    busy_cpus: float
    pressure: float | None = None  # share of the time in which somebody waited for a CPU
    idle_cpus: dict[str, float] = Field(default={})  # busy in quiet moments, by set of CPUs


GONE = "gone: "  # begins the error of a component that nothing serves


class Snapshot(Answer):
    """All components at one edge of the measurement."""

    edge: str
    run: str = ""
    taken_at: float
    components: dict[str, ComponentReading] = Field(default={})
    shared_cpus: CpuTimes | None = None  # those of the steward's node that nobody owns
    quietness: Quietness | None = None
    errors: dict[str, str] = Field(default={})

    @property
    def gone(self) -> frozenset[str]:
        """The components that nothing served."""
        return frozenset(name for name, why in self.errors.items() if why.startswith(GONE))


class Account(Answer):
    """What the steward found after the drain; the counts are absent where nothing is written."""

    run: str = ""
    drained: bool
    drain_seconds: float = 0.0
    persisted: int | None = None
    distinct: int | None = None
    id_sum: int | None = None
    id_mix: int | None = None
    pending: int = 0
    dead_lettered: int = 0
