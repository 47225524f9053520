"""What a generator writes: its one document, its progress, and what its script saw."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from loadlab.measurement.documents.base import Count, ReadModel
from loadlab.measurement.histogram import HistogramText

DOCUMENT_VERSION = 1
RESULT_KEY = "loadlab_result"
PROGRESS_KEY = "loadlab_progress"
MEASURED_SCENARIO = "measure"
CEILING_SCENARIO = "ceiling"
MOST_SCENARIOS = 10
MOST_SPLITS = 220  # 200 names, and those of the rest by class
MOST_TRENDS = 50
MOST_CHECKS = 60  # 50 names, and those of the rest
MOST_SECONDS = 10_000
LONGEST_NAME = 200
# Ten at most, so that they fit into a status whatever was handed in.
StatusClass = Annotated[str, Field(pattern=r"^([1-9]xx|err)$")]


class Distribution(ReadModel):
    """One HDR histogram; its count is checked against its text."""

    count: Count
    hdr: HistogramText

    @model_validator(mode="after")
    def _text_holds_what_it_says(self) -> Self:
        if self.hdr.count != self.count:
            raise ValueError(f"the histogram holds {self.hdr.count} values, not {self.count}")
        return self


class Exact(ReadModel):
    """The outermost values of a trend and their sum, as a script gave them."""

    min: float
    max: float
    sum: float


class Trend(Distribution):
    """Values of a script's own, of which a histogram may not hold all."""

    clamped: Count = 0  # above the largest that it holds
    below: Count = 0  # the smallest
    exact: Exact | None = None


class Failure(ReadModel):
    """Failed requests of one status class and text."""

    status_class: StatusClass = Field(alias="class")
    text: str = Field(max_length=200)
    example: str = Field(default="", max_length=200)  # what one such answer said
    requests: Count


class Thrown(ReadModel):
    """Iterations of a script of the user's own that threw the same."""

    text: str = Field(max_length=200)
    iterations: Count


class Split(ReadModel):
    """Requests of one name, status class and outcome; class err had no answer at all."""

    name: str = Field(max_length=LONGEST_NAME)
    status_class: str = Field(alias="class")
    requests: Count
    failed: Count
    timed_out: Count | None = None  # 0 or all of them; None where a generator does not tell
    http_req_duration: Distribution = Field(alias="http_req_duration")
    http_req_total: Distribution = Field(alias="http_req_total")
    # Of requests that were planned for a moment: until they were sent, and until answered.
    http_req_lateness: Distribution | None = Field(default=None, alias="http_req_lateness")
    http_req_from_intended: Distribution | None = Field(
        default=None, alias="http_req_from_intended"
    )

    @property
    def succeeded(self) -> bool:
        """Whether the answers were as asked for: 2xx or 3xx, or what the request expects."""
        return self.status_class != "err" and self.failed < max(1, self.requests)


class Second(ReadModel):
    """Requests that ended in one second; the latency in µs is of good answers, 0 without any."""

    t: Count
    n: Count
    err: Count = 0
    p50: Count = 0
    p99: Count = 0
    due: Count = 0  # planned before it began, and without an answer then; of an open model


class GeneratorUsage(ReadModel):
    """What the generator itself used while the scenario ran."""

    cpu_seconds: float
    wall_seconds: float
    cpus: int = Field(ge=1, le=10_000)
    cpu_limit: float | None = Field(default=None, gt=0)
    throttled_seconds: float | None = None
    # Single waits, where a generator tells them; else the share of its CPUs' time.
    sched_wait_us_p99: Count | None = Field(default=None, alias="schedWaitUsP99")
    sched_wait_share: float | None = Field(default=None, ge=0, le=1)
    peak_rss_bytes: Count = 0
    longest_pause_us: Count = 0
    clock_step_us: Count = 0  # by how much the wall clock was set

    @property
    def cpu_share(self) -> float:
        """Share of the CPUs it may use; its limit may lie below what Go's GOMAXPROCS says."""
        usable = min(self.cpus, self.cpu_limit or self.cpus)
        return self.cpu_seconds / (self.wall_seconds * usable) if self.wall_seconds > 0 else 0.0


class Scenario(ReadModel):
    """What one scenario did in one pod."""

    requests: Count
    failed: Count
    iterations: Count
    dropped_iterations: Count
    interrupted_iterations: Count = 0
    schedule_start_us: Count = 0  # what the moments of planned requests are counted from
    first_start_us: Count
    first_sample_us: Count
    last_sample_us: Count
    # Begin of the first iteration and end of the last one, pauses included; 0 where not told.
    first_iteration_us: Count = 0
    last_iteration_us: Count = 0
    status: dict[StatusClass, Count]
    failures: tuple[Failure, ...] = Field(default=(), max_length=40)
    exceptions: tuple[Thrown, ...] = Field(default=(), max_length=11)
    other_protocols: dict[Annotated[str, Field(max_length=40)], Count] = Field(
        default={}, max_length=10
    )
    redirects_followed: Count = 0
    connections: Count = 0  # made for a request; also where a generator does not tell
    splits: tuple[Split, ...] = Field(max_length=MOST_SPLITS)
    iteration_duration: Distribution = Field(alias="iteration_duration")
    virtual_users_max: Count = 0
    series: tuple[Second, ...] = Field(default=(), max_length=MOST_SECONDS)
    generator: GeneratorUsage


class Counters(ReadModel):
    """Count and checksums over the ids of answered writes."""

    accepted: Count = 0
    accepted_id_sum: Count = Field(default=0, alias="accepted_id_sum")
    accepted_id_mix: Count = Field(default=0, alias="accepted_id_mix")


class OwnThreshold(ReadModel):
    """A bound that the options of a script of the user's own set, in k6's spelling."""

    metric: str = Field(max_length=LONGEST_NAME)
    threshold: str = Field(max_length=LONGEST_NAME)

    def __str__(self) -> str:
        return f"{self.metric}: {self.threshold}"


class Checked(ReadModel):
    """How often what a script checks was so."""

    passed: Count
    failed: Count


class OwnScript(ReadModel):
    """What the options of a script of the user's own ask for."""

    thresholds: tuple[OwnThreshold, ...] = Field(max_length=20)
    thresholds_left_out: Count = 0
    ignored: tuple[Annotated[str, Field(max_length=LONGEST_NAME)], ...] = Field(max_length=50)


class Program(ReadModel):
    """The program that made the load."""

    name: str = Field(max_length=60)
    version: str = Field(max_length=60)
    latency: str = Field(default="", max_length=300)  # in words, where it is one of its own
    latency_mixes_failures: bool = False  # whether 2xx has the latencies of all answers


class Progress(ReadModel):
    """How far a generator has come, told once a second."""

    version: Literal[1]
    seconds: Count  # since it began
    phase: Literal["preparation", "warm-up", "measurement"]
    requests: Count | None = None  # ended so far, those of the warm-up included; None if untold
    failed: Count | None = None
    in_flight: Count | None = None
    p95_us: Count | None = None  # of the latest whole second


class K6Document(ReadModel):
    """The one document that a generator's pod hands back."""

    version: Literal[1]
    generator: Program
    unit: Literal["us"]
    complete: bool
    error: str | None = None
    exit_code: int = Field(default=0, alias="exit_code")
    segment: str = ""
    scenarios: dict[str, Scenario] = Field(max_length=MOST_SCENARIOS)
    counters: Counters = Counters()
    trends: dict[str, Trend] = Field(default={}, max_length=MOST_TRENDS)
    script: OwnScript | None = None
    checks: dict[Annotated[str, Field(max_length=LONGEST_NAME)], Checked] = Field(
        default={}, max_length=MOST_CHECKS
    )


class Freshness(ReadModel):
    """What one user saw that wrote and then read until it found what it wrote; ms."""

    writes: int
    reads: int
    stale: int  # reads that began later than the bound after the write and did not show it
    unseen: int  # writes that never showed
    worst_ms: float
    bound_ms: float
