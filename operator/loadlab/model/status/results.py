"""The results: one row per cell, and what became of accepted writes."""

import operator
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import decimals
from loadlab.catalogue import Cell
from loadlab.model.status.absent import without_default
from loadlab.model.status.bottleneck import Bottleneck
from loadlab.model.status.figures import ByComponent, Figure, LatencyMs, Validity

MAX_NAMES = 10  # of requests in a row


class LoadOutcome(StrEnum):
    """Whether the service carried the load that it was offered."""

    KEPT = "Kept"
    OVERLOADED = "Overloaded"


class CostUnit(StrEnum):
    """What CPU time is divided by."""

    SUCCESS = "SuccessfulRequest"
    ROW = "WrittenRow"


class ReplicateCounts(ObservedModel):
    """Replicates of one cell."""

    planned: int = Field(description="Replicates asked for.")
    valid: int = Field(description="Replicates whose result is used.")
    overloaded: int = Field(
        default=0,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="Of those, replicates in which the service did not carry the load.",
    )


class FailureRow(ObservedModel):
    """Failed requests of one status class and text."""

    status_class: str = Field(
        alias="class", max_length=4, description="1xx to 5xx; none had no answer."
    )
    text: str = Field(
        max_length=200,
        description=(
            "The status with its name, or the error; addresses, ports and ids are replaced."
        ),
    )
    example: str | None = Field(
        default=None,
        max_length=200,
        description="What one such answer said: where it redirects to, or its body.",
    )
    requests: int = Field(description="Requests that failed so.")
    share: Annotated[float, decimals(6)] = Field(description="Their share of all requests, 0..1.")


StatusClasses = Annotated[
    dict[str, int] | None,
    Field(
        max_length=10,
        description="Requests by status class, none without an answer; absent where all are 2xx.",
    ),
]
Failures = Annotated[
    tuple[FailureRow, ...] | None,
    Field(max_length=5, description="Why requests failed: the five most frequent texts."),
]


LatencyFromSend = Annotated[
    LatencyMs | None,
    decimals(3),
    Field(
        description=(
            "Latency from the send, ms: the lower end, where latencyMs counts from the moment that "
            "a request was planned for and the two are more than 5 % and 1 ms apart."
        )
    ),
]


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
    latency_from_send_ms: LatencyFromSend = None
    failures: tuple[FailureRow, ...] | None = Field(
        default=None,
        max_length=5,
        description="Why requests beside the load failed; those of the load are the row's own.",
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
    load: LoadOutcome | None = Field(
        default=None,
        description=(
            "Overloaded: in a replicate the service did not carry the load: requests could not be "
            "sent at the offered rate or queued up and were answered after the load, or accepted "
            "writes were not carried out by the end of the drain. Kept: it did, in all. Absent "
            "where users wait for answers (closed models)."
        ),
    )
    crashes: int | None = Field(
        default=None,
        description=(
            "Attempts in which the service ended by itself under its load: none of them is in a "
            "figure, and the verdict is Failed. Absent for none."
        ),
    )
    requests: int = Field(description="Requests measured, over all replicates.")
    requests_per_second: Annotated[Figure | None, decimals(1)] = Field(
        default=None, description="Requests a second that succeeded."
    )
    capacity: Annotated[Figure | None, decimals(1)] = Field(
        default=None,
        description=(
            "Requests a second that it carries at least, in a closed loop: with load.purpose "
            "Compare in its pilot trial, with Capacity in the measured ones; with load.search the "
            "highest rate that held."
        ),
    )
    latency_ms: Annotated[LatencyMs | None, decimals(3)] = Field(
        default=None,
        description=(
            "Latency in milliseconds; in an open model from the moment that a request was planned "
            "for."
        ),
    )
    latency_from_send_ms: LatencyFromSend = None
    sent_late_ms: Annotated[float | None, decimals(3)] = Field(
        default=None,
        description=(
            "How late requests were sent, p99, worst replicate, ms: the generator's own doing. "
            "Absent where users wait for answers (closed models)."
        ),
    )
    p95_ms: Annotated[Figure | None, decimals(2)] = Field(
        default=None, description="p95 over the replicates, ms."
    )
    failed_rate: Annotated[float | None, decimals(6)] = Field(
        default=None, description="Share of failed requests, 0..1."
    )
    failed_low: Annotated[float | None, decimals(6)] = Field(
        default=None,
        description=(
            "Lower end of its 95 % interval: the exact one of the count, or the replicates' spread."
        ),
    )
    failed_high: Annotated[float | None, decimals(6)] = Field(
        default=None, description="Upper end of its interval; above 0 where none was seen to fail."
    )
    status_classes: StatusClasses = None
    failures: Failures = None
    redirects_followed: int | None = Field(
        default=None,
        description="Redirects on the way to the answers, which are no requests; absent for none.",
    )
    cpu_micros_per_request: Annotated[ByComponent | None, decimals(0)] = Field(
        default=None,
        description=(
            "CPU time in microseconds per request that succeeded, or per what cpuPer says; that of "
            "requests that failed is in it. Of the generator: per request, however it ended."
        ),
    )
    cpu_per: CostUnit | None = Field(
        default=None,
        description=(
            "What CPU time is divided by: WrittenRow where a queue's worker writes a row for each "
            "request, with all CPU until the queue was empty. Absent for SuccessfulRequest."
        ),
    )
    leaves_out_costs: bool = Field(
        default=False,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description=(
            "Whether CPU time is a lower bound: accepted work was not done by the end of the "
            "drain, nobody looked then, or rows were written that had been accepted before."
        ),
    )
    cpu_micros: Annotated[Figure | None, decimals(1)] = Field(
        default=None,
        description=(
            "CPU time of service, worker and stores together, per request that succeeded or per "
            "what cpuPer says, over the replicates, µs. Unsound where more than 1 % of the "
            "requests failed."
        ),
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
    by_request: tuple[RequestRow, ...] | None = Field(
        default=(),
        max_length=MAX_NAMES,
        json_schema_extra=without_default,
        description="The same by name, where requests differ.",
    )
    work: WorkRow | None = Field(default=None, description="Proof of work.")
    bottleneck: Bottleneck | None = Field(default=None, description="What held the cell back.")
    validity: Validity = Field(description="Valid, Suspect or Invalid.")
    reasons: tuple[str, ...] = Field(
        default=(), max_length=20, description="Why the row is not Valid, and what is not known."
    )


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
