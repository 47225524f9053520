"""What a search found: what each cell carries, and why it is not known any better."""

from collections.abc import Mapping, Sequence

from loadlab import spelling
from loadlab.analysis.search import TriedRates, step_said, tried_by_cell
from loadlab.base.quantities import seconds
from loadlab.model.resources import Trial
from loadlab.model.status import CellCapacity, SearchEnd, StepOutcome, TrialStep
from loadlab.plan import Plan
from loadlab.plan.rates import without_rate

_WHY = {
    SearchEnd.MAX_RATE: "load.search.maxRate allows no higher rate",
    SearchEnd.MIN_RATE: "no lower rate may be tried",
    SearchEnd.NOT_MEASURED: "trials of one rate were void or lost; its LoadTrials say why",
    SearchEnd.MAX_TRIALS: "maxTrials allowed no further trial: raise it",
    SearchEnd.MAX_STEPS: "its trials disagree too often: lengthen load.duration",
    SearchEnd.TIMEOUT: "timeouts.total left no time for another trial: raise it",
}
_BECAME = {
    StepOutcome.FAILED: "fails",
    StepOutcome.INCONCLUSIVE: "is undecided",
    StepOutcome.NOT_OFFERED: "could not be offered by k6",
}


def found_capacities(plan: Plan, trials: Sequence[Trial]) -> tuple[CellCapacity, ...]:
    """Return what each cell carries, from the trials that are over; none without a search."""
    if plan.context.spec.load.search is None:
        return ()
    known = {trial.metadata.name: trial for trial in trials}
    ended = {load.cell: load.ended for load in plan.context.chosen.loads}
    unit = seconds(plan.context.spec.load.time_unit)
    found = []
    for title, tried in tried_by_cell(plan, known).items():
        rates = TriedRates.of(tried)
        step = _step_below(plan, known, title, rates)
        capacity = CellCapacity(
            cell=title,
            at_least=rates.at_least and rates.at_least / unit,
            below=rates.below and rates.below / unit,
            at_least_trials=rates.times(rates.at_least),
            below_trials=rates.times(rates.below),
            below_outcome=step.outcome if step else None,
            reason=step.reason if step else "",
            limited_by=step.resource if step else "",
            trials=len(tried),
            ended=ended.get(title),
        )
        found.append(capacity.model_copy(update={"message": _message(capacity)}))
    return tuple(found)


def failing_rates(plan: Plan, trials: Sequence[Trial]) -> Mapping[str, float]:
    """Return by cell the lowest rate, in 1/s, at which it was seen to fail, if it was."""
    unit = seconds(plan.context.spec.load.time_unit)
    tried = tried_by_cell(plan, {trial.metadata.name: trial for trial in trials})
    rates = {title: TriedRates.of(each).fails_from for title, each in tried.items()}
    return {title: rate / unit for title, rate in rates.items() if rate is not None}


def _step_below(
    plan: Plan, trials: Mapping[str, Trial], title: str, rates: TriedRates
) -> TrialStep | None:
    """Return what the first trial of the lowest rate that did not hold says, if it did not."""
    outcome = rates.outcome_below()
    steps = (
        step_said(trials[planned.name].status)
        for planned in plan.trials
        if planned.rate == rates.below
        and planned.name in trials
        and without_rate(planned.cell).title() == title
    )
    told = next((step for step in steps if step and step.outcome is outcome), None)
    return told or (TrialStep(outcome=outcome) if outcome else None)


def _message(found: CellCapacity) -> str:
    if found.at_least is not None:
        rate, once = spelling.number(found.at_least), _once(found.at_least_trials)
        told = f"{found.cell} carries at least {rate}/s{once}"
    elif found.below is not None:
        told = f"{found.cell} is not known to carry any rate that was tried"
    else:
        return f"{found.cell}: no trial came to a result{_ending(found)}"
    return f"{told}{_beyond(found)}{_ending(found)}"


def _once(trials: int) -> str:
    return " (in the one trial of it)" if trials == 1 else ""


def _beyond(found: CellCapacity) -> str:
    if found.below is None or found.below_outcome is None:
        return ""
    told = f"; {spelling.number(found.below)}/s {_BECAME[found.below_outcome]}"
    if found.below_outcome is StepOutcome.NOT_OFFERED:
        return f"{told}, so that it may carry more: give k6 more CPU (resources.k6)"
    why = f" ({found.reason})" if found.reason else ""
    limit = f", limited by {found.limited_by}" if found.limited_by else ""
    return f"{told}{_once(found.below_trials)}{why}{limit}"


def _ending(found: CellCapacity) -> str:
    if found.ended is SearchEnd.FOUND:
        return ""
    why = _WHY[found.ended] if found.ended else "the experiment ended before the search did"
    return f"; {why}"
