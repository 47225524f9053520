"""The replicates of one cell -> CellResult. Invalid trials never enter.

Percentiles come from the replicates' merged histograms; intervals come from the spread between
replicates, never from within one. A percentile too thin in each replicate may be sound in the
merged histogram, so that one reason is judged again here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from loadlab.analysis.attribution import Attribution, attribute_cell
from loadlab.analysis.cell_work import CellWork, work_of
from loadlab.analysis.statistics import Estimate, log_estimate
from loadlab.analysis.trial_figures import TrialFigures
from loadlab.measurement.histogram import Histogram, HistogramSum
from loadlab.measurement.requests_by_name import NamedSum
from loadlab.measurement.usage import SERVICE, ComponentUsage
from loadlab.measurement.values import LatencySummary, NamedRequests
from loadlab.model.status import Validity
from loadlab.validity.judge import samples_too_few
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement, Reason, ReasonKind, invalid

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """One row of an experiment's results."""

    planned: int
    used: int  # replicates that are Valid or Suspect
    requests: int
    failed: int
    dropped_iterations: int
    requests_per_second: Estimate | None
    p95_ms: Estimate | None
    latency: Histogram
    cpu_micros_per_request: dict[str, float] = field(default_factory=dict)
    memory_bytes: dict[str, int] = field(default_factory=dict)
    open_files: int | None = None
    generator_cpu: float | None = None
    event_loop_lag_p99_ms: float | None = None  # of the service, worst replicate
    thread_tokens: int | None = None
    by_request: dict[str, NamedRequests] = field(default_factory=dict)
    work: CellWork = field(default_factory=CellWork)
    attribution: Attribution | None = None
    reasons: tuple[Reason, ...] = ()
    trials: tuple[TrialFigures, ...] = field(default=(), compare=False)  # in the order they came

    @property
    def validity(self) -> Validity:
        """The worst level of any reason."""
        return Judgement(self.reasons).validity

    @property
    def latency_ms(self) -> LatencySummary | None:
        """Latency over all used replicates."""
        return LatencySummary.of(self.latency)

    @property
    def failed_rate(self) -> float | None:
        """Share of failed requests over all used replicates; None without requests."""
        return self.failed / self.requests if self.requests else None


def aggregate_cell(trials: Iterable[JudgedTrial], planned: int) -> CellResult:
    """Aggregate the finished trials of one cell, Invalid ones included in the input.

    Each is taken from the iterable, added and let go before the next one: a cell of any number of
    replicates holds the histograms of one trial and their sum.
    """
    figures: list[TrialFigures] = []
    latency, named = HistogramSum(), NamedSum()
    for trial in trials:
        figures.append(TrialFigures.of(trial))
        if figures[-1].is_usable:
            latency.add(trial.measurement.latency)
            named.add(trial.measurement.by_request)
    return _result(figures, latency.histogram(), named.named_requests(), planned)


def _result(
    trials: Sequence[TrialFigures],
    latency: Histogram,
    by_request: dict[str, NamedRequests],
    planned: int,
) -> CellResult:
    used = [trial for trial in trials if trial.is_usable]
    service = [trial.components[SERVICE] for trial in used if SERVICE in trial.components]
    return CellResult(
        planned=planned,
        used=len(used),
        requests=sum(t.requests for t in used),
        failed=sum(t.failed for t in used),
        dropped_iterations=sum(t.dropped_iterations for t in used),
        # Sorted: a float sum depends on its order, the result must not.
        requests_per_second=log_estimate(sorted(t.requests_per_second for t in used)),
        p95_ms=log_estimate(sorted(t.latency_ms.p95 for t in used if t.latency_ms)),
        latency=latency,
        cpu_micros_per_request=_by_component(used, lambda u: u.cpu_micros_per_request, _mean),
        memory_bytes=_by_component(used, lambda u: u.memory_bytes, max),
        open_files=_most(u.open_files for u in service),
        generator_cpu=max((t.generator_cpu for t in used), default=None),
        event_loop_lag_p99_ms=_most(u.event_loop_lag_p99_ms for u in service),
        thread_tokens=_most(u.thread_tokens for u in service),
        by_request=by_request,
        work=work_of(used),
        attribution=attribute_cell([t.attribution for t in used if t.attribution]),
        reasons=_reasons(trials, used, latency),
        trials=tuple(trials),
    )


def _most(values: Iterable[_Number | None]) -> _Number | None:
    return max((value for value in values if value), default=None)


def _mean(values: Sequence[float]) -> float:
    estimate = log_estimate(values)
    return estimate.mean if estimate else 0.0


def _by_component(
    trials: Sequence[TrialFigures],
    pick: Callable[[ComponentUsage], _Number | None],
    combine: Callable[[Sequence[_Number]], _Number],
) -> dict[str, _Number]:
    """Combine one figure of each component over the replicates that know it."""
    found: dict[str, list[_Number]] = {}
    for trial in trials:
        for name, usage in trial.components.items():
            if (value := pick(usage)) is not None:
                found.setdefault(name, []).append(value)
    return {name: combine(sorted(values)) for name, values in sorted(found.items())}


def _reasons(
    trials: Sequence[TrialFigures], used: Sequence[TrialFigures], latency: Histogram
) -> tuple[Reason, ...]:
    """The reasons of the used replicates, each kind once; of all, when none could be used."""
    sources = used or trials
    carried = [
        reason
        for trial in sources
        for reason in trial.judgement.reasons
        if reason.kind is not ReasonKind.TOO_FEW_SAMPLES
    ]
    if not sources:
        carried.append(
            invalid(ReasonKind.NO_REPLICATE, "no replicate of this cell came to a result")
        )
    carried.extend(samples_too_few(latency))
    return _worst_of_each_kind(carried)


def _worst_of_each_kind(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    levels = list(Validity)
    kinds = list(ReasonKind)
    # Sorted by what is in them, so that the order of the trials does not matter.
    ordered = sorted(
        reasons, key=lambda r: (kinds.index(r.kind), -levels.index(r.level), r.message)
    )
    worst_first = {reason.kind: reason for reason in reversed(ordered)}
    return tuple(worst_first[kind] for kind in kinds if kind in worst_first)
