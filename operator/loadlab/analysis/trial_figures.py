"""What the analysis keeps of one judged trial, and the figures that an expectation may speak of.

A trial's histograms are merged into its cell's and let go; a thousand trials must fit into the
operator's memory.
"""

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Self

from loadlab.analysis.attribution import attribute
from loadlab.analysis.bounds import FAILURES_IN_COST
from loadlab.analysis.percentile_ends import PercentileEnds
from loadlab.analysis.time_outs import TimeOuts
from loadlab.base.names import Component
from loadlab.measurement.documents import Freshness
from loadlab.measurement.durability import WriteAccount
from loadlab.measurement.failures import FailedRequests
from loadlab.measurement.latency import Latency, Unanswered
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import GENERATOR, ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.measurement.work_done import WorkDone
from loadlab.model.spec.expectations import FigureName
from loadlab.model.status import Bottleneck, LatencyMs, Resource, Validity
from loadlab.plan.expected import ExpectedWork
from loadlab.validity.generator_rules import OwnDelay, own_delay
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement, ReasonKind
from loadlab.validity.lateness import are_apart

WHY_LEFT_OUT = "CostsLeftOut"  # work was put off and not done, or not looked at
PERCENTS: Mapping[FigureName, float] = {
    FigureName.LATENCY_MED: 50.0,
    FigureName.LATENCY_P95: 95.0,
    FigureName.LATENCY_P99: 99.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFigures:
    """One judged trial without its histograms."""

    judgement: Judgement
    open_model: bool
    requests: int
    failed: int
    status: Mapping[str, int]  # requests by status class
    failures: tuple[FailedRequests, ...]
    dropped_iterations: int
    redirects_followed: int
    requests_per_second: float
    latency_ms: LatencyMs | None
    without_answer: Unanswered
    from_send_ms: LatencyMs | None  # where the latency counts from the intended start
    sent_late_ms: float | None  # p99
    latency_by_request: Mapping[str, LatencyMs | None]
    from_send_by_request: Mapping[str, LatencyMs]  # of those whose latency is another one then
    components: Mapping[str, ComponentUsage]
    leaves_out_costs: bool
    costs_per_row: bool
    service_cpus: float | None  # that it might use; None where neither limit nor node is known
    owns_cpus: bool  # whether nobody else might use those of the service
    generator_cpu: float
    generator_wait_ms: float  # for a CPU, p99
    own_delay: OwnDelay | None  # of the generator, in latencies; None where it was fit
    counts: RequestCounts | None
    expected: ExpectedWork | None
    work: WorkDone | None
    freshness: Freshness | None
    durability: WriteAccount | None
    bottleneck: Bottleneck | None  # None where Invalid
    limit: Bottleneck | None  # the same, of a cell that did not keep all that was asked for
    # What so few requests leave of a percentile, by the name of the requests ("" for all) and its.
    percentile_ends: Mapping[tuple[str, FigureName], PercentileEnds] = field(default_factory=dict)
    time_outs: Mapping[str, TimeOuts] = field(default_factory=dict)  # by the name of the requests

    @classmethod
    def of(cls, trial: JudgedTrial) -> Self:
        """Read off everything that outlives the histograms."""
        measured = trial.measurement
        usable = trial.judgement.validity is not Validity.INVALID
        is_missed = trial.judgement.is_overloaded
        bottleneck = attribute(measured, is_missed=is_missed) if usable else None
        is_load = bottleneck is not None and bottleneck.name is Resource.LOAD
        return cls(
            judgement=trial.judgement,
            open_model=measured.load.open_model,
            requests=measured.requests,
            failed=measured.failed,
            status=measured.status,
            failures=measured.failures,
            dropped_iterations=measured.dropped_iterations,
            redirects_followed=measured.redirects_followed,
            requests_per_second=measured.requests_per_second,
            without_answer=measured.without_answer,
            latency_ms=_stand(trial, measured.latency_ms),
            latency_by_request={
                name: _stand(trial, named.latency_ms, name, dropped=named.dropped)
                for name, named in measured.by_request.items()
            },
            from_send_ms=measured.from_send_ms,
            sent_late_ms=(
                measured.sending.lateness.percentile_us(99) / 1000 if measured.sending else None
            ),
            from_send_by_request={
                name: sent
                for name, each in measured.by_request.items()
                if (sent := each.from_send_ms)
            },
            components=measured.components,
            leaves_out_costs=measured.leaves_out_costs,
            costs_per_row=measured.costs_per_row,
            service_cpus=_service_cpus(measured),
            owns_cpus=measured.owns_cpus,
            generator_cpu=measured.generator.cpu_share,
            generator_wait_ms=measured.generator.sched_wait_p99_ms,
            own_delay=own_delay(measured),
            counts=measured.counts,
            expected=measured.expected,
            work=measured.work,
            freshness=measured.freshness,
            durability=measured.durability,
            bottleneck=bottleneck,
            limit=attribute(measured, is_missed=True) if is_load else bottleneck,
            percentile_ends=_percentile_ends(measured) if usable else {},
            time_outs={name: TimeOuts.of(each) for name, each in _latencies(measured).items()},
        )

    @property
    def is_usable(self) -> bool:
        """Whether it may enter its cell."""
        return self.judgement.validity is not Validity.INVALID

    @property
    def only_failed(self) -> bool:
        """Whether the service answered no request well, and nothing else spoiled the trial."""
        kinds = {reason.kind for reason in self.judgement.reasons}
        return ReasonKind.NO_SUCCESS in kinds and not self.judgement.is_void

    @property
    def failed_rate(self) -> float:
        """Share of failed requests, 0..1."""
        return self.failed / self.requests if self.requests else 0.0

    @property
    def why_costs_unsound(self) -> str:
        """Why CPU per request that succeeded is not what a good answer costs; empty where it is.

        The CPU of those that failed is in it, and nobody knows how much that is.
        """
        return "FailuresInCost" if self.failed_rate > FAILURES_IN_COST else ""

    def cpu_micros(self, components: Set[str]) -> float | None:
        """CPU per request of these components together; None unless that of each is known."""
        usages = [self.components.get(name) for name in sorted(components)]
        costs = [usage.cpu_micros_per_request if usage else None for usage in usages]
        known = [cost for cost in costs if cost is not None]
        complete = Component.SERVICE in components and len(known) == len(costs)
        return math.fsum(known) if complete else None


def _service_cpus(measured: TrialMeasurement) -> float | None:
    """Return the least of the service's CPU limit and the CPUs that it may run on."""
    usage = measured.components.get(Component.SERVICE)
    allowed = usage.cpus_allowed if usage else None
    known = [measured.cpu_limits.get(Component.SERVICE), allowed]
    return min((cpus for cpus in known if cpus is not None), default=None)


def _latencies(measured: TrialMeasurement) -> dict[str, Latency]:
    """Return them by the name of the requests, "" for all of the load."""
    named = measured.by_request.items()
    return {
        "": Latency(measured.latency, measured.without_answer),
        **{name: Latency(each.latency, each.without_answer) for name, each in named},
    }


def _percentile_ends(measured: TrialMeasurement) -> dict[tuple[str, FigureName], PercentileEnds]:
    return {
        (name, figure): PercentileEnds.of_latency(latency, percent)
        for name, latency in _latencies(measured).items()
        if latency.count
        for figure, percent in PERCENTS.items()
    }


def cost_components(trials: Iterable[TrialFigures]) -> Set[str]:
    """Return the components that a request of this cell costs CPU: all but the generator."""
    return {name for trial in trials for name in trial.components if name != GENERATOR}


def _stand(
    trial: JudgedTrial, latency: LatencyMs | None, name: str = "", *, dropped: int = 0
) -> LatencyMs | None:
    judgement, side = trial.judgement, trial.measurement.side
    is_beside = side is not None and name in side.names
    grew = judgement.is_side_growing if is_beside else judgement.is_growing
    is_bound = grew or judgement.is_latency_cut or dropped
    return latency.as_lower_bounds() if latency and is_bound else latency


def figure_of(trial: TrialFigures, figure: FigureName, request: str | None) -> float | None:
    """Return a figure of a trial, latency of one named request where asked; None if unknown."""
    service = trial.components.get(Component.SERVICE)
    match figure:
        case FigureName.REQUESTS_PER_SECOND:
            return trial.requests_per_second
        case FigureName.FAILED_RATE:
            return trial.failed_rate
        case FigureName.SERVICE_CPU:
            return service.cpu_micros_per_request if service else None
        case FigureName.EVENT_LOOP_LAG_P99:
            return service.event_loop_lag_p99_ms if service else None
        case FigureName.LATENCY_MED | FigureName.LATENCY_P95 | FigureName.LATENCY_P99:
            summary = trial.latency_by_request.get(request) if request else trial.latency_ms
            known = summary is not None and not summary.is_lower_bound(_percentile(figure))
            return getattr(summary, _percentile(figure)) if known else None


def has_lower_bound(trial: TrialFigures, figure: FigureName, request: str | None) -> bool:
    """Whether nothing but a lower bound is known of a latency of a trial."""
    return lower_bound_of(trial, figure, request) is not None


def lower_bound_of(trial: TrialFigures, figure: FigureName, request: str | None) -> float | None:
    """Return what a latency is at least, in ms, where no more is known of it; None of others."""
    summary = trial.latency_by_request.get(request) if request else trial.latency_ms
    name = _percentile(figure)
    known: float | None = getattr(summary, name, None)
    return known if summary is not None and summary.is_lower_bound(name) else None


def share_from_send(trial: TrialFigures, figure: FigureName, request: str | None) -> float:
    """Return what of a latency, 0..1, is from the send, where it matters that it was sent late.

    The service's own lies between that and all of it.
    """
    whole = trial.latency_by_request.get(request) if request else trial.latency_ms
    sent = trial.from_send_by_request.get(request) if request else trial.from_send_ms
    if whole is None or sent is None:
        return 1.0
    sent_ms, whole_ms = (getattr(each, _percentile(figure)) for each in (sent, whole))
    return sent_ms / whole_ms if are_apart(sent_ms, whole_ms) else 1.0


def _percentile(figure: FigureName) -> str:
    return figure.value.partition(".")[2]
