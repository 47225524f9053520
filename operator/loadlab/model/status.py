"""The status of a LoadExperiment: phase and conditions, results, verdict."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from loadlab.catalogue import Cell
from loadlab.model.base import ObservedModel
from loadlab.model.conditions import Condition
from loadlab.model.outcomes import Bottleneck, CriterionResult, ExpectationResult
from loadlab.model.rounding import decimals

CONDITION_LIST: dict[str, Any] = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
}
MAX_ROWS = 100


class Phase(StrEnum):
    """Where an experiment stands; for people. Programs use the conditions."""

    PENDING = "Pending"
    PREPARING = "Preparing"
    RUNNING = "Running"
    ANALYZING = "Analyzing"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    TERMINATED = "Terminated"

    @property
    def is_terminal(self) -> bool:
        """Whether the phase never changes again."""
        return self in {Phase.SUCCEEDED, Phase.FAILED, Phase.TERMINATED}


class Verdict(StrEnum):
    """Whether the experiment met its criteria."""

    PASSED = "Passed"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"
    ERROR = "Error"


class Validity(StrEnum):
    """Whether a number may be used at all."""

    VALID = "Valid"
    SUSPECT = "Suspect"
    INVALID = "Invalid"


class TrialCounts(ObservedModel):
    """How many trials stand where."""

    planned: int = Field(default=0, description="Trials of the plan.")
    running: int = Field(default=0, description="Trials under way.")
    succeeded: int = Field(default=0, description="Trials with a usable result.")
    invalid: int = Field(default=0, description="Trials whose result may not be used.")
    failed: int = Field(default=0, description="Trials that could not run.")
    lost: int = Field(default=0, description="Trials whose result was lost.")


class ReplicateCounts(ObservedModel):
    """Replicates of one cell."""

    planned: int = Field(description="Replicates asked for.")
    valid: int = Field(description="Replicates whose result is used.")


class Estimate(ObservedModel):
    """A mean over replicates with its 95 % confidence interval."""

    mean: float = Field(description="Mean over the replicates.")
    low: float | None = Field(default=None, description="Lower end; absent with one replicate.")
    high: float | None = Field(default=None, description="Upper end; absent with one replicate.")


class LatencyMs(ObservedModel):
    """Latency of successful answers in milliseconds, from the merged histograms."""

    avg: float = Field(description="Mean.")
    min: float = Field(description="Shortest.")
    med: float = Field(description="Median.")
    p90: float = Field(description="90th percentile.")
    p95: float = Field(description="95th percentile.")
    p99: float = Field(description="99th percentile.")
    max: float = Field(description="Longest.")


class ByComponent(ObservedModel):
    """One figure for each component that took part."""

    service: float | None = Field(default=None, description="The service under test.")
    worker: float | None = Field(default=None, description="The queue worker.")
    postgres: float | None = Field(default=None, description="Postgres.")
    redis: float | None = Field(default=None, description="Redis.")
    generator: float | None = Field(default=None, description="All k6 pods.")


class RequestRow(ObservedModel):
    """The requests of one name in a cell whose requests differ."""

    name: str = Field(
        max_length=60,
        description="Name of the request; hit and miss are reads by what the cache said.",
    )
    requests: int = Field(description="Requests measured, over all replicates.")
    failed_rate: Annotated[float, decimals(6)] = Field(
        description="Share of failed requests, 0..1."
    )
    latency_ms: Annotated[LatencyMs | None, decimals(3)] = Field(
        default=None, description="Latency in milliseconds."
    )


class WorkRow(ObservedModel):
    """Proof of work: what the stores did, by their own counters, per request."""

    transactions: Annotated[float | None, decimals(3)] = Field(
        default=None, description="Transactions of Postgres."
    )
    rows_read: Annotated[float | None, decimals(3)] = Field(
        default=None, description="Rows that Postgres read."
    )
    rows_written: Annotated[float | None, decimals(3)] = Field(
        default=None, description="Rows that Postgres inserted."
    )
    cache_hit_rate: Annotated[float | None, decimals(3)] = Field(
        default=None, description="Share of look-ups that Redis could answer, 0..1."
    )
    records_per_commit: Annotated[float | None, decimals(3)] = Field(
        default=None, description="Records that the queue worker wrote with one commit."
    )
    stale_reads: int | None = Field(
        default=None, description="Reads that were staler than the variant declares."
    )
    worst_stale_ms: Annotated[float | None, decimals(3)] = Field(
        default=None, description="Age of the oldest write that a read did not show, ms."
    )


class ResultRow(ObservedModel):
    """The result of one cell."""

    cell: Cell = Field(description="The cell.")
    replicates: ReplicateCounts = Field(description="Replicates planned and used.")
    requests: int = Field(description="Requests measured, over all replicates.")
    requests_per_second: Annotated[Estimate | None, decimals(1)] = Field(
        default=None, description="Requests per second."
    )
    latency_ms: Annotated[LatencyMs | None, decimals(3)] = Field(
        default=None, description="Latency in milliseconds."
    )
    p95_ms: Annotated[Estimate | None, decimals(2)] = Field(
        default=None, description="p95 over the replicates, ms."
    )
    failed_rate: Annotated[float | None, decimals(6)] = Field(
        default=None, description="Share of failed requests, 0..1."
    )
    cpu_micros_per_request: Annotated[ByComponent | None, decimals(0)] = Field(
        default=None, description="CPU time per request in microseconds."
    )
    memory_bytes: Annotated[ByComponent | None, decimals(0)] = Field(
        default=None, description="Memory in bytes."
    )
    open_files: int | None = Field(default=None, description="Open files of the service, most.")
    generator_cpu: Annotated[float | None, decimals(3)] = Field(
        default=None, description="Share of its CPUs that the generator used, 0..1, most."
    )
    event_loop_lag_ms: Annotated[float | None, decimals(3)] = Field(
        default=None, description="Delay of the service's event loops, p99, worst replicate, ms."
    )
    thread_tokens: int | None = Field(
        default=None, description="Threads of the service's pools in use when measuring ended."
    )
    by_request: tuple[RequestRow, ...] = Field(
        default=(), max_length=10, description="The same by name, where requests differ."
    )
    work: WorkRow | None = Field(default=None, description="Proof of work.")
    bottleneck: Bottleneck | None = Field(default=None, description="What held the cell back.")
    validity: Validity = Field(description="Valid, Suspect or Invalid.")
    reasons: tuple[str, ...] = Field(
        default=(), max_length=20, description="Why the row is not Valid, and what is not known."
    )


class Best(ObservedModel):
    """The cell with the most requests per second among those that meet the criteria."""

    cell: str = Field(max_length=200, description="The cell, such as async/workers=2.")
    requests_per_second: Annotated[float, decimals(1)] = Field(
        description="Its mean requests per second."
    )
    p95_ms: Annotated[float, decimals(2)] = Field(description="Its p95 in milliseconds.")
    bottleneck: str = Field(default="", max_length=30, description="What held it back.")


class Durability(ObservedModel):
    """What became of accepted writes, over all trials."""

    accepted: int = Field(description="Writes that a client saw accepted.")
    persisted: int = Field(description="Rows found after the drain.")
    duplicates: int = Field(description="Rows beyond one per request id.")
    lost: int = Field(description="Accepted writes without a row.")
    pending: int = Field(description="Entries still in the queue.")
    dead_lettered: int = Field(description="Entries in the dead-letter stream.")
    unacknowledged: int = Field(default=0, description="Rows whose client never saw an answer.")
    ids_match: bool = Field(description="Whether the ids of both sides have the same checksums.")


class Overhead(ObservedModel):
    """Seconds that trials spent outside their load: start-up plus collection."""

    median: Annotated[float, decimals(3)] = Field(description="Median over the trials.")
    p95: Annotated[float, decimals(3)] = Field(description="95th percentile over the trials.")


class Environment(ObservedModel):
    """Where the numbers were made."""

    kubernetes: str = Field(default="", max_length=60, description="Version of the API server.")
    node: str = Field(default="", max_length=253, description="Node of the service.")
    images: dict[str, str] = Field(
        default={},
        max_length=20,
        description=(
            "Image of each component, by digest where known; service/NAME is that of a variant "
            "with an image of its own."
        ),
    )


class Preparation(ObservedModel):
    """How far the loading of the data set has come."""

    step: str = Field(max_length=60, description="What is being done, such as load order_items.")
    percent: int = Field(ge=0, le=100, description="Share of the whole data set in percent.")
    message: str = Field(default="", max_length=200, description="More about it, for people.")


class LoadExperimentStatus(ObservedModel):
    """Status of a LoadExperiment."""

    phase: Phase = Field(default=Phase.PENDING, description="Where it stands, for people.")
    observed_generation: int = Field(default=-1, description="Generation of the spec last seen.")
    conditions: tuple[Condition, ...] = Field(
        default=(), max_length=20, description="Observations.", json_schema_extra=CONDITION_LIST
    )
    verdict: Verdict | None = Field(default=None, description="Whether the criteria were met.")
    progress: str = Field(default="", max_length=20, description="Finished and planned trials.")
    trials: TrialCounts = Field(default=TrialCounts(), description="Trials by state.")
    queue_position: int | None = Field(
        default=None, description="How many active experiments are ahead; 0 is next."
    )
    best: Best | None = Field(default=None, description="The best cell.")
    results: tuple[ResultRow, ...] = Field(
        default=(), max_length=MAX_ROWS, description="One row per cell."
    )
    omitted: tuple[str, ...] = Field(
        default=(),
        max_length=20,
        description=(
            "What the rows leave out so that the status stays below 64 KiB; the LoadTrials have it."
        ),
    )
    criteria: tuple[CriterionResult, ...] = Field(
        default=(), max_length=20, description="The success criteria and their outcomes."
    )
    expectations: tuple[ExpectationResult, ...] = Field(
        default=(), max_length=20, description="The expectations and their outcomes."
    )
    durability: Durability | None = Field(
        default=None, description="Accepted and persisted writes of a workload that writes."
    )
    overhead_seconds: Overhead | None = Field(
        default=None, description="What a trial costs besides its load."
    )
    environment: Environment | None = Field(default=None, description="Where it ran.")
    fingerprint: str = Field(default="", max_length=64, description="Hash of the plan.")
    operator_version: str = Field(
        default="", max_length=40, description="Version of the operator that made the plan."
    )
    start_time: str | None = Field(default=None, description="When it became active (RFC 3339).")
    completion_time: str | None = Field(default=None, description="When it finished (RFC 3339).")
    preparation: Preparation | None = Field(
        default=None, description="While Preparing: how far the data set is loaded."
    )
    current_trial: str = Field(default="", max_length=63, description="The trial under way.")
