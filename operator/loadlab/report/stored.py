"""A LoadTrial as it is stored, read so far as it can be: what another release wrote is named.

Whoever may write a LoadTrial may write anything into it, so all numbers are bounded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from loadlab.base.models import first_fault
from loadlab.measurement.hdr_text import HistogramTextError
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Latency, Unanswered
from loadlab.model.status import LoadTrialStatus, TrialPhase, Validity
from loadlab.model.trial import LoadTrialSpec, TrialRole

_MOST = 2**53
_MOST_BINS = 1_000
_MOST_REASONS = 1_000
_GROWING = "Growing"
_NOT_SENT = {"DroppedIterations", "RateNotReached"}  # by a service that did not carry its load
Count = Annotated[int, Field(ge=0, le=_MOST)]
Number = Annotated[float, Field(ge=0, le=_MOST, allow_inf_nan=False)]


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StoredSeries(_Stored):
    """What ended in each bin of the load; latencies in µs, of 2xx answers."""

    start_epoch_seconds: Number
    bin_seconds: Annotated[int, Field(ge=1, le=_MOST)] = 1
    requests: tuple[Count, ...] = Field(min_length=1, max_length=_MOST_BINS)
    failed: tuple[Count, ...] = ()
    p50_us: tuple[Count | None, ...] = ()
    p99_us: tuple[Count | None, ...] = ()

    @model_validator(mode="after")
    def _are_as_long(self) -> Self:
        if {len(self.failed), len(self.p50_us), len(self.p99_us)} != {len(self.requests)}:
            raise ValueError("columns of different lengths")
        return self


class StoredUsage(_Stored):
    """What one component used, over the window."""

    cpus_used: Number | None = None
    cpu_micros_per_request: Number | None = None
    event_loop_lag_p99_ms: Number | None = None
    pool_waiters: Number | None = None
    thread_waiters: Number | None = None


class StoredUnanswered(_Stored):
    """Requests without an answer, and how long each was waited for at least."""

    requests: Count = 0
    after_ms: Number = 0.0
    cut: Count = 0  # beside them, under way since nobody knows when


class StoredReason(_Stored):
    """A reason against the trial, as its judgement has it."""

    kind: str = ""
    family: str = ""

    @property
    def leaves_bounds_only(self) -> bool:
        """Whether with it no latency is known but as a lower bound, as in the row of its cell."""
        return self.kind == _GROWING or (self.kind in _NOT_SENT and self.family == "Service")


class StoredMeasurement(_Stored):
    """Of a measurement and its judgement what a report draws."""

    first_request_epoch_seconds: Number
    last_answer_epoch_seconds: Number
    requests: Count = 0
    latency: str = Field(default="", max_length=100_000)
    without_answer: StoredUnanswered = StoredUnanswered()
    components: dict[str, StoredUsage] = Field(default={}, max_length=20)
    series: StoredSeries | None = None
    reasons: tuple[StoredReason, ...] = Field(default=(), max_length=_MOST_REASONS)

    @cached_property
    def timed(self) -> Latency | None:
        """The latencies, of no answer the time for which it was waited.

        None where there are none, or not as this release writes them.
        """
        if not self.latency:
            return None
        missed = self.without_answer
        unanswered = Unanswered(requests=missed.requests, after_ms=missed.after_ms, cut=missed.cut)
        try:
            answered = Histogram.decode(self.latency)
        except HistogramTextError:
            return None
        found = Latency(answered, unanswered)
        return found if found.count else None

    @property
    def lower_bound_above(self) -> float | None:
        """The percentile above which latencies are lower bounds; None where all are known."""
        if any(reason.leaves_bounds_only for reason in self.reasons):
            return 0.0
        missed = self.without_answer
        if not missed.requests and not missed.cut:  # most often: not worth reading a histogram for
            return None
        return self.timed.known_percent if self.timed else None

    def is_lower_bound(self, percent: float) -> bool:
        """Whether a percentile of its latency is one that the truth does not lie below."""
        known = self.lower_bound_above
        return known is not None and percent > known


@dataclass(frozen=True, slots=True)
class StoredTrial:
    """A trial: its place in the experiment, its status, and what is readable of its measurement."""

    name: str
    spec: LoadTrialSpec
    status: LoadTrialStatus
    measurement: StoredMeasurement | None = None
    unreadable: str = ""  # why the measurement is not read

    @classmethod
    def of(cls, resource: Mapping[str, Any]) -> Self:
        """Read the API server's object.

        Raises:
            ValueError: what it says of itself is of another release.
        """
        name = str(resource.get("metadata", {}).get("name", ""))
        spec = LoadTrialSpec.model_validate(_known(resource.get("spec") or {}))
        status = LoadTrialStatus.model_validate(resource.get("status") or {})
        document = status.measurement or {}
        stored, judged = document.get("measurement"), document.get("judgement")
        if not isinstance(stored, Mapping):
            return cls(name, spec, status)
        reasons = judged.get("reasons", ()) if isinstance(judged, Mapping) else ()
        try:
            found = StoredMeasurement.model_validate({**stored, "reasons": reasons})
            return cls(name, spec, status, found)
        except ValidationError as err:
            return cls(name, spec, status, unreadable=first_fault(err))

    @property
    def is_measured(self) -> bool:
        """Whether it is one of the replicates of its cell."""
        return self.spec.role is TrialRole.MEASURED

    @property
    def is_void(self) -> bool:
        """Whether its result may not be used, or there is none."""
        phase = self.status.phase
        is_over = phase is not None and phase.is_terminal
        return self.status.validity is Validity.INVALID or (
            is_over and phase is not TrialPhase.SUCCEEDED
        )

    @property
    def p95_is_bound(self) -> bool:
        """Whether its p95 is a lower bound."""
        return self.measurement is not None and self.measurement.is_lower_bound(95.0)

    @property
    def state(self) -> str:
        """Valid, Suspect or Invalid; where it is not judged, its phase."""
        return str(self.status.validity or self.status.phase or "Pending")


def _known(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a later release says of a trial."""
    names = {"experiment", "cell", "role", "replicate", "position"}
    return {name: value for name, value in spec.items() if name in names}


def read_trials(resources: Sequence[Mapping[str, Any]]) -> tuple[list[StoredTrial], list[str]]:
    """Read all trials; beside them a sentence for each that is of another release."""
    found, left_out = list[StoredTrial](), list[str]()
    for resource in resources:
        try:
            found.append(StoredTrial.of(resource))
        except ValidationError as err:
            name = str(resource.get("metadata", {}).get("name", ""))
            left_out.append(f"Trial {name} is of another release: {first_fault(err)}")
    return sorted(found, key=_order), left_out


def _order(trial: StoredTrial) -> tuple[bool, int, str]:
    return trial.spec.role.is_in_block, trial.spec.position, trial.name
