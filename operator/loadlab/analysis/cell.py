"""The replicates of one cell -> its row. Invalid trials never enter.

A figure is the mean of the replicates', percentiles too, and its interval comes from the spread
between them, never from within one. A percentile rests on all of its replicates' samples: too few
in each may be enough in all, so that one reason is judged again here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from loadlab.analysis.attribution import attribute_cell
from loadlab.analysis.cell_figures import cost_of, p95_of, throughput_of
from loadlab.analysis.cell_latency import lower_ends, request_rows
from loadlab.analysis.cell_percentiles import PercentileSum
from loadlab.analysis.cell_work import work_of
from loadlab.analysis.failures import failure_rows, status_classes
from loadlab.analysis.percentile_ends import Leeway
from loadlab.analysis.percentiles import mean_latency
from loadlab.analysis.shares import share_estimate
from loadlab.analysis.spoiled import reasons_beside_used, reasons_of_none_used
from loadlab.analysis.statistics import estimate_to_decide_by, log_estimate
from loadlab.analysis.time_outs import TimeOuts
from loadlab.analysis.trial_figures import TrialFigures, cost_components
from loadlab.analysis.usual_delay import usual_delay
from loadlab.base.names import Component
from loadlab.catalogue import Cell
from loadlab.measurement.latency import Latency
from loadlab.measurement.requests_by_name import NamedCount
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import (
    Bottleneck,
    ByComponent,
    CostUnit,
    Figure,
    LoadOutcome,
    ReplicateCounts,
    ResultRow,
    Validity,
)
from loadlab.validity.generator_rules import OwnDelay
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement, Reason, ReasonKind, invalid, worst_first
from loadlab.validity.lateness import ends_apart
from loadlab.validity.noise import samples_too_few
from loadlab.validity.standing import weighing, worked_more_by

MAX_REASONS = 20
_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True)
class MeasuredCell:
    """The row of a cell, and what its criteria need beside it."""

    row: ResultRow
    percentiles_ms: Mapping[float, Figure]  # by the percent, those that criteria ask for
    dropped_iterations: int
    rate: Figure | None = None  # of requests that succeeded, as far as it is to be decided by
    requests: int | None = None  # that have a latency, or are known to take longer
    counted: int = 0  # replicates whose requests the row counts
    leeways: Mapping[float, Leeway] = field(default_factory=dict)  # by so few requests
    lengthened_by: str | None = None  # why latencies are longer, by nobody knows how much
    own_delay: OwnDelay | None = None  # of a generator that was short of CPU, in latencies
    time_outs: tuple[TimeOuts, ...] = ()  # of each replicate
    wants_more: bool = False  # replicates than one, as more are planned
    limit: Bottleneck | None = None  # its bottleneck, where a criterion failed
    spoiled: int = 0  # replicates that the service spoiled, which are in no figure
    own_ms: float = 0.0  # what k6 itself may have added to a latency, by the calibration
    crashes: int = 0  # runs in which the service ended by itself, which are in no figure either


class CellSum:
    """The finished trials of one cell, Invalid ones included, added up one after the other.

    A trial is let go once it is added: a cell of any number of replicates holds the histograms of
    one trial. `percents` are the percentiles beside the usual ones that are asked for.
    """

    def __init__(
        self,
        cell: Cell,
        planned: int,
        percents: Iterable[float] = (),
        *,
        wants_more: bool = False,
    ) -> None:
        self._cell, self._planned, self._wants_more = cell, planned, wants_more
        self._trials: list[TrialFigures] = []
        self._left_out: list[Reason] = []
        self._answers = self._requests = 0
        self._percentiles = PercentileSum(percents)
        self._named: dict[str, NamedCount] = {}

    def add(self, trial: JudgedTrial) -> TrialFigures:
        """Add one more trial, and return what is kept of it."""
        figures = TrialFigures.of(trial)
        self._trials.append(figures)
        if figures.is_usable:
            self._add_latency(trial.measurement)
            for name, named in trial.measurement.by_request.items():
                self._named[name] = self._named.get(name, NamedCount()).plus(named)
        return figures

    def ask_for(self, percents: Iterable[float]) -> None:
        """Look at more percentiles, of the trials that are added from here on."""
        self._percentiles.ask_for(percents)

    def _add_latency(self, measured: TrialMeasurement) -> None:
        self._answers += measured.latency.count
        latency = Latency(measured.latency, measured.without_answer)
        self._requests += latency.count
        self._percentiles.add(latency)

    def leave_out(self, reason: Reason) -> None:
        """Say why a trial is not among them; the first of these reasons is told."""
        self._left_out.append(reason)

    def measured_cell(self) -> MeasuredCell:
        """Return what was added so far."""
        used = [trial for trial in self._trials if trial.is_usable]
        named = {name: each.answers for name, each in self._named.items()}
        thin = samples_too_few(self._answers, named)
        reasons = (*self._left_out[:1], *_reasons(self._trials, used, thin))
        weighty = weighing(reasons, [trial.judgement for trial in used])
        return MeasuredCell(
            row=self._row(used, reasons, weighty),
            percentiles_ms=self._percentiles.figures_ms(),
            leeways=self._percentiles.leeways(),
            lengthened_by=worked_more_by(weighty) if used else None,
            own_delay=usual_delay(used),
            time_outs=tuple(trial.time_outs[""] for trial in used),
            dropped_iterations=sum(t.dropped_iterations for t in used),
            rate=estimate_to_decide_by(sorted(t.requests_per_second for t in used)),
            requests=self._requests,
            counted=len(self._counted(used)),
            wants_more=self._wants_more,
            limit=attribute_cell([t.limit for t in _held_back(used) if t.limit]),
            spoiled=sum(map(_is_spoiled, self._trials)),
        )

    def _counted(self, used: Sequence[TrialFigures]) -> Sequence[TrialFigures]:
        """Return those whose requests are counted: that none succeeded in one is known, too."""
        return [*used, *(t for t in self._trials if not t.is_usable and t.only_failed)]

    def _row(
        self, used: Sequence[TrialFigures], reasons: Sequence[Reason], weighty: Sequence[Reason]
    ) -> ResultRow:
        counted = self._counted(used)
        failed = share_estimate((t.failed, t.requests) for t in counted)
        known = (trial.components.get(Component.SERVICE) for trial in used)
        service = [usage for usage in known if usage]
        components = cost_components(used)
        told = counted or self._trials  # where none could be used: why
        latency = mean_latency([t.latency_ms for t in used if t.latency_ms])
        from_send = lower_ends(latency, [(t.latency_ms, t.from_send_ms) for t in used])
        return ResultRow(
            cell=self._cell,
            replicates=ReplicateCounts(
                planned=self._planned,
                valid=len(used),
                overloaded=sum(t.judgement.is_overloaded for t in used),
            ),
            load=_load(used),
            requests=sum(t.requests for t in counted),
            requests_per_second=throughput_of(used, weighty),
            latency_ms=latency,
            latency_from_send_ms=from_send,
            sent_late_ms=_most(t.sent_late_ms for t in used),
            p95_ms=p95_of(used, weighty, ends_apart(latency, from_send), self._requests),
            failed_rate=failed and failed.mean,
            failed_low=failed and failed.low,
            failed_high=failed and failed.high,
            status_classes=status_classes(t.status for t in told),
            failures=failure_rows(
                (failure for t in told for failure in t.failures), sum(t.requests for t in told)
            ),
            redirects_followed=sum(t.redirects_followed for t in told) or None,
            cpu_micros_per_request=_by_component(used, lambda u: u.cpu_micros_per_request, _mean),
            cpu_micros=cost_of(used, components, weighty),
            leaves_out_costs=any(t.leaves_out_costs for t in used),
            cpu_per=CostUnit.ROW if any(t.costs_per_row for t in used) else None,
            memory_bytes=_by_component(used, lambda u: u.memory_bytes, max),
            open_files=_most(u.open_files for u in service),
            generator_cpu=max((t.generator_cpu for t in used), default=None),
            event_loop_lag_ms=_most(u.event_loop_lag_p99_ms for u in service),
            thread_tokens=_most(u.thread_tokens for u in service),
            by_request=request_rows(self._named, used),
            work=work_of(used),
            bottleneck=attribute_cell([t.bottleneck for t in _held_back(used) if t.bottleneck]),
            validity=Judgement(tuple(reasons)).validity,
            reasons=tuple(f"{r.kind}: {r.message}" for r in worst_first(reasons)[:MAX_REASONS]),
        )


def _is_spoiled(trial: TrialFigures) -> bool:
    """Whether the service spoiled a replicate, by other than that nothing succeeded in it."""
    beside = () if trial.is_usable else reasons_beside_used(trial.judgement)
    return any(reason.kind is not ReasonKind.NO_SUCCESS for reason in beside)


def _held_back(used: Sequence[TrialFigures]) -> Sequence[TrialFigures]:
    """Return the replicates that say what held a cell back: those that did not carry their load."""
    return [trial for trial in used if trial.judgement.is_overloaded] or used


def _load(used: Sequence[TrialFigures]) -> LoadOutcome | None:
    """Say whether the load was carried; None where only answers ask for more."""
    if any(trial.judgement.is_overloaded for trial in used):
        return LoadOutcome.OVERLOADED
    return LoadOutcome.KEPT if any(trial.open_model for trial in used) else None


def _most(values: Iterable[_Number | None]) -> _Number | None:
    return max((value for value in values if value), default=None)


def _mean(values: Sequence[float]) -> float:
    estimate = log_estimate(values)
    return estimate.mean if estimate else 0.0


def _by_component(
    trials: Sequence[TrialFigures],
    pick: Callable[[ComponentUsage], _Number | None],
    combine: Callable[[Sequence[_Number]], _Number],
) -> ByComponent | None:
    """Combine one figure of each component over the replicates that know it."""
    found: dict[str, list[_Number]] = {}
    for trial in trials:
        for name, usage in trial.components.items():
            if (value := pick(usage)) is not None:
                found.setdefault(name, []).append(value)
    combined = {name: combine(sorted(values)) for name, values in found.items()}
    return ByComponent.model_validate(combined) if combined else None


def _reasons(
    trials: Sequence[TrialFigures], used: Sequence[TrialFigures], thin: Iterable[Reason]
) -> tuple[Reason, ...]:
    """The reasons of the used replicates and of what the service did in others, each kind once.

    Of all, when none could be used. A replicate that the service spoiled is a result, and not to
    be forgotten for those that it did not.
    """
    if used:
        found = [reason for trial in used for reason in trial.judgement.reasons]
        spoiled = (trial.judgement for trial in trials if not trial.is_usable)
        found += [reason for judgement in spoiled for reason in reasons_beside_used(judgement)]
    else:
        found = [r for trial in trials for r in reasons_of_none_used(trial.judgement)]
    carried = [reason for reason in found if reason.kind is not ReasonKind.TOO_FEW_SAMPLES]
    if not trials:
        carried.append(
            invalid(ReasonKind.NO_REPLICATE, "no replicate of this cell came to a result")
        )
    carried.extend(thin)
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
