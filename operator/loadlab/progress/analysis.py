"""The trials' results -> the experiment's status: rows, criteria, expectations, verdict, best."""

from collections.abc import Iterable

from loadlab.catalogue import Cell
from loadlab.model.names import Component
from loadlab.model.outcomes import Bottleneck, CriterionResult
from loadlab.model.resources import Trial
from loadlab.model.status import (
    MAX_ROWS,
    Best,
    ByComponent,
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
from loadlab.plan.own_image import own_image
from loadlab.progress.budget import within_budget
from loadlab.progress.expectations import expectation_results
from loadlab.progress.observed import Observed
from loadlab.results.attribution import Attribution
from loadlab.results.cell import CellResult, aggregate_cell
from loadlab.results.cell_work import CellWork
from loadlab.results.criteria import CriterionOutcome, judge_criterion, parse_threshold
from loadlab.results.measurement import LatencySummary, NamedRequests
from loadlab.results.statistics import Estimate
from loadlab.results.stored import JudgedTrial, load_trial
from loadlab.results.verdict import best_cell, decide_verdict

MAX_REASONS = 20
MAX_EVIDENCE = 600


def analyze(plan: Plan, status: LoadExperimentStatus, observed: Observed) -> LoadExperimentStatus:
    """Return the status with everything that the finished trials tell."""
    trials = tuple(observed.trials.values())
    if not trials:
        return status
    cells = _cells(plan, trials)
    criteria = plan.context.spec.success_criteria
    thresholds = {c.name: parse_threshold(c.metric, c.threshold) for c in criteria}
    outcomes = [judge_criterion(name, rule, cells) for name, rule in thresholds.items()]
    best = best_cell(cells, list(thresholds.values()))
    rows = tuple(_row(cell, cells[cell.title()]) for cell in plan.cells)[:MAX_ROWS]
    analyzed = status.model_copy(
        update={
            "results": rows,
            "omitted": (),
            "criteria": tuple(_criterion(outcome) for outcome in outcomes),
            "expectations": expectation_results(plan, trials),
            "verdict": decide_verdict(cells, outcomes),
            "best": best
            and Best(
                cell=best.title,
                requests_per_second=round(best.requests_per_second, 1),
                p95_ms=round(best.p95_ms, 2),
                bottleneck=best.bottleneck,
            ),
            "durability": _durability(trials),
            "overhead_seconds": _overhead(trials),
            "environment": _environment(plan, trials, observed),
        }
    )
    return within_budget(analyzed)


def _judged(trials: Iterable[Trial]) -> list[tuple[str, JudgedTrial]]:
    return [
        (trial.spec.cell.title(), load_trial(trial.status.measurement))
        for trial in trials
        if trial.status.measurement
    ]


def _cells(plan: Plan, trials: tuple[Trial, ...]) -> dict[str, CellResult]:
    judged = _judged(trials)
    planned = plan.context.spec.replicates
    return {
        cell.title(): aggregate_cell(
            [trial for title, trial in judged if title == cell.title()], planned
        )
        for cell in plan.cells
    }


def _row(cell: Cell, result: CellResult) -> ResultRow:
    return ResultRow(
        cell=cell,
        replicates=ReplicateCounts(planned=result.planned, valid=result.used),
        requests=result.requests,
        requests_per_second=_estimate(result.requests_per_second, 1),
        latency_ms=_latency(result.latency_ms),
        p95_ms=_estimate(result.p95_ms, 2),
        failed_rate=_rounded(result.failed_rate, 6),
        cpu_micros_per_request=_components(result.cpu_micros_per_request),
        memory_bytes=_components(result.memory_bytes),
        open_files=result.open_files,
        generator_cpu=_rounded(result.generator_cpu, 3),
        event_loop_lag_ms=_rounded(result.event_loop_lag_p99_ms, 3),
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
        failed_rate=round(named.failed / named.requests, 6) if named.requests else 0.0,
        latency_ms=_latency(LatencySummary.of(named.latency)),
    )


def _work(work: CellWork) -> WorkRow | None:
    known = {name: _rounded(getattr(work, name), 3) for name in WorkRow.model_fields}
    return WorkRow.model_validate(known) if any(v is not None for v in known.values()) else None


def _bottleneck(found: Attribution | None) -> Bottleneck | None:
    if found is None:
        return None
    return Bottleneck(
        name=found.resource,
        confidence=found.confidence,
        evidence=found.evidence[:MAX_EVIDENCE],
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _estimate(estimate: Estimate | None, digits: int) -> StatusEstimate | None:
    if estimate is None:
        return None
    return StatusEstimate(
        mean=round(estimate.mean, digits),
        low=_rounded(estimate.low, digits),
        high=_rounded(estimate.high, digits),
    )


def _latency(latency: LatencySummary | None) -> StatusLatency | None:
    if latency is None:
        return None
    names = StatusLatency.model_fields
    return StatusLatency(**{name: round(getattr(latency, name), 3) for name in names})


def _components(figures: dict[str, float] | dict[str, int]) -> ByComponent | None:
    known = {name: round(value) for name, value in figures.items()}
    return ByComponent.model_validate(known) if known else None


def _criterion(outcome: CriterionOutcome) -> CriterionResult:
    value = "" if outcome.value is None else f"{outcome.value:.6g}"
    return CriterionResult(
        name=outcome.name,
        threshold=str(outcome.threshold),
        value=value,
        cell=outcome.cell,
        outcome=outcome.outcome.value,
    )


def _durability(trials: tuple[Trial, ...]) -> Durability | None:
    accounts = [
        judged.measurement.durability
        for _, judged in _judged(trials)
        if judged.measurement.durability is not None
    ]
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


def _overhead(trials: tuple[Trial, ...]) -> Overhead | None:
    spent = sorted(
        trial.status.timings.overhead
        for trial in trials
        if trial.status.timings and trial.status.timings.overhead is not None
    )
    if not spent:
        return None

    def rank(share: float) -> float:
        return spent[min(len(spent) - 1, int(share * len(spent)))]

    return Overhead(median=round(rank(0.5), 3), p95=round(rank(0.95), 3))


def _environment(plan: Plan, trials: tuple[Trial, ...], observed: Observed) -> Environment:
    images: dict[str, str] = {}
    for trial in trials:
        variant = trial.spec.cell.variant
        own = own_image(plan.context.spec, variant) is not None
        # Each variant with an image of its own has another service.
        service = f"{Component.SERVICE}/{variant}" if own else Component.SERVICE.value
        images |= {
            service if name == Component.SERVICE else name: image
            for name, image in trial.status.images.items()
        }
    node = next((trial.status.node for trial in trials if trial.status.node), "")
    return Environment(kubernetes=observed.kubernetes_version, node=node, images=images)
