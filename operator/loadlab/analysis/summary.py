"""The trials' results -> the experiment's status: rows, criteria, expectations, verdict, best.

The cells are analysed one by one (`cell_analysis`), as all trials together are too large to be
held; `summarize` puts them together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from loadlab.analysis.attempts import with_attempts
from loadlab.analysis.baseline import BaselineView, with_baseline
from loadlab.analysis.best import Choice, choose
from loadlab.analysis.calibration import with_calibration
from loadlab.analysis.capacity import with_capacity
from loadlab.analysis.cells import AnalysedCell, CellAnalysis
from loadlab.analysis.claim_standing import Known
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.contenders import NOT_MET
from loadlab.analysis.criteria import judge_criterion
from loadlab.analysis.expectation import Replicate, judge_expectation
from loadlab.analysis.found_capacity import failing_rates, found_capacities
from loadlab.analysis.intervals import with_pooled_intervals
from loadlab.analysis.left_out import figures_left_out
from loadlab.analysis.noise_floor import Finding, judge_floor, noise_floor
from loadlab.analysis.own_thresholds import judge_script
from loadlab.analysis.pairs import Terms
from loadlab.analysis.pilots import limits_of
from loadlab.analysis.precision import judge_precision
from loadlab.analysis.recommendation import recommend
from loadlab.analysis.scaling import scaling_of
from loadlab.analysis.search_outcome import (
    best_of_search,
    criteria_of_search,
    recommend_by_search,
    verdict_of,
    with_found_capacity,
)
from loadlab.analysis.status_budget import compared_without, within_budget
from loadlab.analysis.threshold import Threshold, parse_threshold
from loadlab.analysis.tiers import choose_of_tiers
from loadlab.analysis.turns import why_no_turns, why_not_recommended
from loadlab.analysis.unasked import breaks_what_nobody_asked, judge_unasked
from loadlab.analysis.verdict import decide_verdict, is_quiet, keeps_its_promises
from loadlab.analysis.what_ran import environment_of
from loadlab.model.resources import Trial
from loadlab.model.status import (
    MAX_ROWS,
    CellCapacity,
    ConditionType,
    CriterionResult,
    Durability,
    LoadExperimentStatus,
    Overhead,
    ResultRow,
    Truth,
    find,
)
from loadlab.model.trial import TrialRole
from loadlab.plan import Plan
from loadlab.plan.cells import Arm
from loadlab.plan.requests import requests_of


def cell_analysis(plan: Plan, arm: Arm) -> CellAnalysis:
    """Return the analysis of an arm of the plan, to which its trials are to be added."""
    found = plan.context.experiment.status.calibration
    own_ms = found.p99_ms if found else 0.0
    planned = plan.context.replicates
    searches = plan.context.spec.load.search is not None
    if searches:
        planned = sum(trial.arm == arm for trial in plan.trials)
    return CellAnalysis(arm, planned, _thresholds(plan), own_ms, by_itself=searches)


def summarize(
    plan: Plan,
    status: LoadExperimentStatus,
    trials: Sequence[Trial],
    analysed: Sequence[AnalysedCell],
    kubernetes: str = "",
    *,
    baseline: BaselineView | None = None,
) -> LoadExperimentStatus:
    """Return the status with what all cells of the plan and their trials tell together.

    The trials' measurements are not looked at again, but those of the pilot trials.
    """
    limits, trials = limits_of(trials), [it for it in trials if it.spec.role is not TrialRole.PILOT]
    if not trials:
        return status
    cells = [cell for cell in analysed if cell.role is TrialRole.MEASURED]
    replicates = [replicate for cell in cells for replicate in cell.replicates]
    rows = with_pooled_intervals([cell.row for cell in cells], replicates, plan.pilot)
    rows = with_capacity(plan, with_calibration(rows, status.calibration), limits)
    rows = with_attempts(rows, trials)
    script = judge_script(cells)
    broken = breaks_what_nobody_asked(plan.context.spec, rows, script)
    criteria = (*_criteria(plan, cells), *script, *judge_unasked(broken))
    analyzed = status.model_copy(
        update={
            "omitted": (),
            "criteria": criteria,
            "expectations": tuple(
                judge_expectation(each, plan.cells, replicates, plan.pilot, Known.of(rows))
                for each in plan.context.spec.expectations
            ),
            "verdict": decide_verdict(rows, criteria, quiet=is_quiet(status)),
            "durability": _durability(r for cell in analysed for r in cell.replicates),
            "overhead_seconds": _overhead(trials),
            "environment": environment_of(plan, trials, kubernetes),
            "noise_floor": noise_floor(
                analysed, plan.pilot, latency=plan.context.spec.load.shows_latency
            ),
            "precision": judge_precision(plan, status.precision, rows, replicates),
        }
    )
    if found := found_capacities(plan, trials):
        by_trials = criteria_of_search(_thresholds(plan), cells, found)
        fails = failing_rates(plan, trials)
        return within_budget(_with_search(analyzed, rows, by_trials, found, fails))
    failing = {row.cell.title() for row in broken}
    passing = [row for row in _passing(rows, cells) if row.cell.title() not in failing]
    complete = _with_insight(plan, analyzed, rows, replicates, passing)
    return within_budget(with_baseline(complete, plan.context.spec, baseline))


def _with_search(
    status: LoadExperimentStatus,
    rows: Sequence[ResultRow],
    criteria: tuple[CriterionResult, ...],
    found: Sequence[CellCapacity],
    fails: Mapping[str, float],
) -> LoadExperimentStatus:
    """Return the status with what was found; at rates of their own no cells are compared."""
    best = best_of_search(rows, found, fails)
    return status.model_copy(
        update={
            "capacity": tuple(found),
            "criteria": criteria,
            "recommendation": () if _doubt(status) else recommend_by_search(best, found, fails),
            "results": with_found_capacity(rows[:MAX_ROWS], found),
            "verdict": verdict_of(found, quiet=is_quiet(status)),
            "best": best,
        }
    )


def _with_insight(
    plan: Plan,
    status: LoadExperimentStatus,
    rows: Sequence[ResultRow],
    replicates: Sequence[Replicate],
    passing: Sequence[ResultRow],
) -> LoadExperimentStatus:
    """Return the status with the rows, and with what they say when they are compared."""
    choice = _choose(plan, rows, passing, replicates, own_ms=_own_ms(status))
    latency = plan.context.spec.load.shows_latency
    no_turns = why_no_turns(plan.context.spec, len(plan.cells))
    comparisons = compare_cells(
        rows[:MAX_ROWS],
        replicates,
        plan.pilot,
        latency=latency,
        own_ms=_own_ms(status),
        why=no_turns,
    )
    missing = figures_left_out(rows[:MAX_ROWS], replicates, latency=latency)
    fit = {row.cell.title() for row in passing if keeps_its_promises(row)}
    scaling = scaling_of(rows, replicates, fit, why=no_turns)
    return status.model_copy(
        update={
            "omitted": compared_without(missing),
            "results": tuple(rows[:MAX_ROWS]),
            "comparisons": comparisons,
            "scaling": scaling,
            # Whose mean is the best may be whoever came first, or last.
            "best": None if no_turns else choice.best,
            "recommendation": recommend(
                rows,
                choice,
                comparisons,
                scaling,
                doubt=_doubt(status, why_not_recommended(no_turns)),
            ),
        }
    )


def _choose(
    plan: Plan,
    rows: Sequence[ResultRow],
    passing: Sequence[ResultRow],
    replicates: Sequence[Replicate],
    *,
    own_ms: float | None,
) -> Choice:
    """Choose the best cell, and say of every other one that is not compared with it why."""
    terms = Terms(
        beside=_beside(plan),
        pilot=plan.pilot,
        latency=plan.context.spec.load.shows_latency,
        tail_is_kept=any(each.bounds_tail for each in _thresholds(plan).values()),
        own_ms=own_ms,
        why=why_no_turns(plan.context.spec, len(plan.cells)),
    )
    choice = choose_of_tiers(plan, passing, lambda tier: choose(tier, replicates, terms))
    fit = {row.cell.title() for row in passing}
    unmet = {row.cell.title(): NOT_MET for row in rows if row.cell.title() not in fit}
    return replace(choice, set_aside={**unmet, **choice.set_aside})


def _own_ms(status: LoadExperimentStatus) -> float | None:
    """Return what k6 itself adds to a latency; None where it was not measured."""
    return status.calibration.p99_ms if status.calibration else None


def _doubt(status: LoadExperimentStatus, no_turns: str = "") -> str:
    """Say why nothing is to be recommended, whatever the comparisons say; else nothing."""
    failed = find(status.conditions, ConditionType.FAILED)
    if failed is not None and failed.status is Truth.TRUE:
        return f"the experiment did not come to its end, {failed.reason}"
    if not is_quiet(status):
        return "others used the nodes' CPUs during too many runs"
    if no_turns:
        return no_turns
    finding, figures = judge_floor(status.noise_floor)
    is_biased = finding is Finding.DIFFERS
    return f"the same cell run twice differs from itself, {figures}" if is_biased else ""


def _beside(plan: Plan) -> str | None:
    """Return the name of the requests beside the load; None without any."""
    cell = plan.cells[0]
    side = requests_of(plan.context.spec, plan.variant(cell), cell).side
    return side.name if side else None


def _criteria(plan: Plan, cells: Sequence[AnalysedCell]) -> Iterator[CriterionResult]:
    for name, rule in _thresholds(plan).items():
        yield judge_criterion(name, rule, {c.row.cell.title(): c.outcomes[name] for c in cells})


def _passing(rows: Sequence[ResultRow], analysed: Sequence[AnalysedCell]) -> list[ResultRow]:
    return [row for row, cell in zip(rows, analysed, strict=True) if cell.passes]


def _thresholds(plan: Plan) -> Mapping[str, Threshold]:
    criteria = plan.context.spec.success_criteria
    return {c.name: parse_threshold(c.metric, c.threshold) for c in criteria}


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
