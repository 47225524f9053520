"""A LoadTrial as it is stored, read so far as it can be: what another release wrote is named.

Whoever may write a LoadTrial may write anything into it, so all numbers are bounded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from loadlab.base.models import first_fault
from loadlab.measurement.hdr_text import HistogramTextError
from loadlab.measurement.histogram import Histogram
from loadlab.model.status import LoadTrialStatus, TrialPhase, Validity
from loadlab.model.trial import LoadTrialSpec, TrialRole

_MOST = 2**53
_MOST_BINS = 1_000
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


class StoredMeasurement(_Stored):
    """Of a measurement what a report draws."""

    first_request_epoch_seconds: Number
    last_answer_epoch_seconds: Number
    requests: Count = 0
    latency: str = Field(default="", max_length=100_000)
    without_answer: StoredUnanswered = StoredUnanswered()
    components: dict[str, StoredUsage] = Field(default={}, max_length=20)
    series: StoredSeries | None = None

    def latencies(self) -> Iterator[Histogram]:
        """Yield those of answers, then those of no answer: the time for which it was waited.

        Nothing where none are stored, or not as this release writes them.
        """
        if not self.latency:
            return
        try:
            yield Histogram.decode(self.latency)
        except HistogramTextError:
            return
        if missed := self.without_answer.requests:
            yield Histogram.of_alike(round(self.without_answer.after_ms * 1000), missed)


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
        stored = (status.measurement or {}).get("measurement")
        if not isinstance(stored, Mapping):
            return cls(name, spec, status)
        try:
            return cls(name, spec, status, StoredMeasurement.model_validate(stored))
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
    def state(self) -> str:
        """Valid, Suspect or Invalid; where it is not judged, its phase."""
        return str(self.status.validity or self.status.phase or "Pending")


def _known(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a later release says of a trial."""
    names = {"experiment", "cell", "role", "replicate", "position"}
    return {name: value for name, value in spec.items() if name in names}


def read_trials(resources: list[Mapping[str, Any]]) -> tuple[list[StoredTrial], list[str]]:
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
