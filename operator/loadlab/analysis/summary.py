"""The trials' results -> the experiment's status: rows, criteria, expectations, verdict, best."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from loadlab.analysis.attribution import Attribution
from loadlab.analysis.cell import CellResult, aggregate_cell
from loadlab.analysis.cell_work import CellWork
from loadlab.analysis.criteria import (
    CellOutcome,
    CriterionOutcome,
    Outcome,
    Threshold,
    evaluate,
    judge_criterion,
    parse_threshold,
)
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.expectation_results import expectation_results
from loadlab.analysis.statistics import Estimate
from loadlab.analysis.status_budget import within_budget
from loadlab.analysis.verdict import best_cell, decide_verdict
from loadlab.catalogue import Cell
from loadlab.measurement.values import LatencySummary, NamedRequests
from loadlab.model.names import Component
from loadlab.model.resources import Trial
from loadlab.model.status import (
    MAX_ROWS,
    Bottleneck,
    ByComponent,
    CriterionResult,
    Durability,
    Environment,
    LoadExperimentStatus,
    Overhead,
    ReplicateCounts,
    RequestRow,
    ResultRow,
    WorkRow,
)
from loadlab.model.status import Estimate as StatusEstimate
from loadlab.model.status import LatencyMs as StatusLatency
from loadlab.plan import Plan
from loadlab.validity.judged_trial import JudgedTrial, UnreadableTrialError, load_trial
from loadlab.validity.judgement import Reason, ReasonKind, remark

MAX_REASONS = 20
MAX_EVIDENCE = 600


@dataclass(frozen=True, slots=True)
class AnalysedCell:
    """What is left of a cell's trials once they are let go: no histogram."""

    row: ResultRow
    outcomes: Mapping[str, CellOutcome]  # by the criterion's name
    replicates: tuple[Replicate, ...]

    @property
    def passes(self) -> bool:
        """Whether it meets every criterion."""
        return all(found.outcome is Outcome.PASSED for found in self.outcomes.values())


def analyze(
    plan: Plan, status: LoadExperimentStatus, trials: Sequence[Trial], kubernetes: str = ""
) -> LoadExperimentStatus:
    """Return the status with everything that the finished trials tell."""
    if not trials:
        return status
    criteria = plan.context.spec.success_criteria
    thresholds = {c.name: parse_threshold(c.metric, c.threshold) for c in criteria}
    measured = defaultdict(list)
    for trial in trials:
        if trial.status.measurement:
            measured[trial.spec.cell.title()].append(trial)
    planned = plan.context.spec.replicates
    cells = [_analysed(c, measured[c.title()], planned, thresholds) for c in plan.cells]
    rows = tuple(cell.row for cell in cells)
    outcomes = [
        judge_criterion(name, rule, {c.row.cell.title(): c.outcomes[name] for c in cells})
        for name, rule in thresholds.items()
    ]
    replicates = [replicate for cell in cells for replicate in cell.replicates]
    analyzed = status.model_copy(
        update={
            "results": rows[:MAX_ROWS],
            "omitted": (),
            "criteria": tuple(_criterion(outcome) for outcome in outcomes),
            "expectations": expectation_results(
                plan.context.spec.expectations, plan.cells, replicates
            ),
            "verdict": decide_verdict(rows, outcomes),
            "best": best_cell(cell.row for cell in cells if cell.passes),
            "durability": _durability(replicates),
            "overhead_seconds": _overhead(trials),
            "environment": _environment(plan, trials, kubernetes),
        }
    )
    return within_budget(analyzed)


def _analysed(
    cell: Cell, trials: Sequence[Trial], planned: int, thresholds: Mapping[str, Threshold]
) -> AnalysedCell:
    """Decode the trials of one cell, one after the other, and keep their figures."""
    readable: list[Trial] = []
    unreadable: list[Reason] = []

    def judged() -> Iterator[JudgedTrial]:
        for trial in trials:
            try:
                yield load_trial(trial.status.measurement or {})
                readable.append(trial)
            except UnreadableTrialError as error:
                unreadable.append(_unreadable(trial, error))

    result = aggregate_cell(judged(), planned)
    result = replace(result, reasons=(*unreadable[:1], *result.reasons))
    return AnalysedCell(
        row=_row(cell, result),
        outcomes={name: evaluate(threshold, result) for name, threshold in thresholds.items()},
        replicates=tuple(
            Replicate(cell, trial.spec.replicate, figures)
            for trial, figures in zip(readable, result.trials, strict=True)
        ),
    )


def _unreadable(trial: Trial, error: UnreadableTrialError) -> Reason:
    name = trial.metadata.name
    return remark(
        ReasonKind.MEASUREMENT_UNREADABLE,
        f"the measurement of trial {name} is left out, {str(error)[:200]}: run it again with this "
        "release",
    )


def _row(cell: Cell, result: CellResult) -> ResultRow:
    return ResultRow(
        cell=cell,
        replicates=ReplicateCounts(planned=result.planned, valid=result.used),
        requests=result.requests,
        requests_per_second=_estimate(result.requests_per_second),
        latency_ms=_latency(result.latency_ms),
        p95_ms=_estimate(result.p95_ms),
        failed_rate=result.failed_rate,
        cpu_micros_per_request=_components(result.cpu_micros_per_request),
        memory_bytes=_components(result.memory_bytes),
        open_files=result.open_files,
        generator_cpu=result.generator_cpu,
        event_loop_lag_ms=result.event_loop_lag_p99_ms,
        thread_tokens=result.thread_tokens,
        by_request=tuple(_request(name, named) for name, named in result.by_request.items()),
        work=_work(result.work),
        bottleneck=_bottleneck(result.attribution),
        validity=result.validity,
        reasons=tuple(f"{r.kind}: {r.message}" for r in result.reasons)[:MAX_REASONS],
    )


def _request(name: str, named: NamedRequests) -> RequestRow:
    return RequestRow(
        name=name,
        requests=named.requests,
        failed_rate=named.failed / named.requests if named.requests else 0.0,
        latency_ms=_latency(LatencySummary.of(named.latency)),
    )


def _work(work: CellWork) -> WorkRow | None:
    known = {name: getattr(work, name) for name in WorkRow.model_fields}
    return WorkRow.model_validate(known) if any(v is not None for v in known.values()) else None


def _bottleneck(found: Attribution | None) -> Bottleneck | None:
    if found is None:
        return None
    return Bottleneck(
        name=found.resource,
        confidence=found.confidence,
        evidence=found.evidence[:MAX_EVIDENCE],
    )


def _estimate(estimate: Estimate | None) -> StatusEstimate | None:
    if estimate is None:
        return None
    return StatusEstimate(mean=estimate.mean, low=estimate.low, high=estimate.high)


def _latency(latency: LatencySummary | None) -> StatusLatency | None:
    if latency is None:
        return None
    return StatusLatency(**{name: getattr(latency, name) for name in StatusLatency.model_fields})


def _components(figures: dict[str, float] | dict[str, int]) -> ByComponent | None:
    return ByComponent.model_validate(figures) if figures else None


def _criterion(outcome: CriterionOutcome) -> CriterionResult:
    value = "" if outcome.value is None else f"{outcome.value:.6g}"
    return CriterionResult(
        name=outcome.name,
        threshold=str(outcome.threshold),
        value=value,
        cell=outcome.cell,
        outcome=outcome.outcome.value,
    )


def _durability(replicates: Iterable[Replicate]) -> Durability | None:
    accounts = [r.trial.durability for r in replicates if r.trial.durability is not None]
    if not accounts:
        return None
    return Durability(
        accepted=sum(a.accepted for a in accounts),
        persisted=sum(a.persisted for a in accounts),
        duplicates=sum(a.duplicates for a in accounts),
        lost=sum(a.lost for a in accounts),
        pending=sum(a.pending for a in accounts),
        dead_lettered=sum(a.dead_lettered for a in accounts),
        unacknowledged=sum(a.unacknowledged for a in accounts),
        ids_match=all(a.ids_match for a in accounts),
    )


def _overhead(trials: Sequence[Trial]) -> Overhead | None:
    spent = sorted(
        trial.status.timings.overhead
        for trial in trials
        if trial.status.timings and trial.status.timings.overhead is not None
    )
    if not spent:
        return None

    def rank(share: float) -> float:
        return spent[min(len(spent) - 1, int(share * len(spent)))]

    return Overhead(median=rank(0.5), p95=rank(0.95))


def _environment(plan: Plan, trials: Sequence[Trial], kubernetes: str) -> Environment:
    images: dict[str, str] = {}
    for trial in trials:
        variant = trial.spec.cell.variant
        own = plan.context.variants[variant].image is not None
        # Each variant with an image of its own has another service.
        service = f"{Component.SERVICE}/{variant}" if own else Component.SERVICE.value
        images |= {
            service if name == Component.SERVICE else name: image
            for name, image in trial.status.images.items()
        }
    node = next((trial.status.node for trial in trials if trial.status.node), "")
    return Environment(kubernetes=kubernetes, node=node, images=images)
