"""Traces as they are stored, read so far as they can be; and of a request what it did when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import fmean

from pydantic import ValidationError

from loadlab.base.models import first_fault
from loadlab.measurement.documents.trace import Span, Stage, Trace, TracedRequest
from loadlab.model.trial import TrialRole
from loadlab.report.stored import StoredTrial
from loadlab.report.subject import Subject

STAGES: tuple[Stage | None, ...] = (*Stage, None)  # None: the app's own code


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a request did, or waited for, from one moment to another, in µs of the trace."""

    stage: Stage | None
    start: int
    end: int


@dataclass(frozen=True)
class Request:
    """One request, its stages laid flat: of stages within each other the innermost counts."""

    told: TracedRequest
    until: int  # its end; of one under way the trace's

    @property
    def start(self) -> int:
        return self.told.at_us

    @property
    def us(self) -> int:
        return self.until - self.start

    @cached_property
    def stretches(self) -> Sequence[Stretch]:
        """All of its time, in order."""
        spans = [(stage, self.start + at, length) for stage, at, length in self.told.spans]
        moments = {self.start, self.until}
        moments |= {min(at + d, self.until) for _, at, length in spans for d in (0, length)}
        return [
            Stretch(_innermost(spans, start, end), start, end)
            for start, end in pairwise(sorted(moments))
        ]

    def us_in(self, stage: Stage | None) -> int:
        """Tell how long it was in a stage, or in the app's own code."""
        return sum(s.end - s.start for s in self.stretches if s.stage is stage)


def _innermost(spans: Sequence[Span], start: int, end: int) -> Stage | None:
    """Return the stage that began last of those that go on all the time."""
    inner = [(at, -us, stage) for stage, at, us in spans if at <= start and end <= at + us]
    return max(inner)[2] if inner else None


@dataclass(frozen=True)
class TracedVariant:
    """What one traced trial showed, or why it shows nothing."""

    name: str  # of its cell
    trace: Trace | None = None
    missing: str = ""

    @cached_property
    def requests(self) -> Sequence[Request]:
        """The requests in the order in which they arrived."""
        told = self.trace.requests if self.trace else ()
        ends = [r.at_us + r.us for r in told if r.us is not None]
        last = max([*ends, *(r.at_us for r in told), self.us])
        return [Request(r, last if r.us is None else r.at_us + r.us) for r in told]

    @property
    def us(self) -> int:
        """Length of the trace."""
        return round(self.trace.seconds * 1e6) if self.trace else 0

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[Request]]:
        """The requests by their names; those with the shortest mean time first."""
        names: dict[str, list[Request]] = {}
        for request in self.requests:
            names.setdefault(request.told.name, []).append(request)
        return dict(sorted(names.items(), key=lambda each: fmean(r.us for r in each[1])))

    @property
    def gaps(self) -> Sequence[tuple[int, int]]:
        """When an event loop did not come round: begin and end."""
        processes = self.trace.processes if self.trace else ()
        return sorted((at, at + us) for each in processes for at, us in each.blocked)

    @property
    def still_share(self) -> float:
        """The share of the trace in which the loops did not come round, over all of them."""
        processes = len(self.trace.processes) if self.trace else 0
        still = sum(max(0, min(end, self.us) - at) for at, end in self.gaps)
        return still / (self.us * processes) if self.us and processes else 0.0


def traced_variants(subject: Subject) -> Iterator[TracedVariant]:
    """Yield what each traced trial showed."""
    for trial in subject.trials:
        if trial.spec.role is TrialRole.TRACED:
            yield _read(subject.name_of(trial.spec.cell), trial)


def _read(name: str, trial: StoredTrial) -> TracedVariant:
    if trial.status.trace is None:
        told = trial.status.message or "it is not over"
        return TracedVariant(name, missing=f"{trial.status.reason or trial.state}: {told}")
    try:
        return TracedVariant(name, Trace.model_validate(trial.status.trace))
    except ValidationError as error:
        return TracedVariant(name, missing=f"it is of another release: {first_fault(error)}")
