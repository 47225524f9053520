"""What the pilot trials found, and the rates that are chosen for it: once, before the first block.

All of it is computed from what stands in the LoadTrials, and stands in the status before a trial is
started that rests on it: whenever the operator dies, the next one plans the same.

What a pilot carried says nothing of its cell where most of its requests failed, as of one that a
limit on the requests of each client let 3 a second through: half of that would be offered to all.
Such a cell is offered what the slowest of the others is.
"""

from collections.abc import Mapping

from loadlab import spelling
from loadlab.analysis.pilots import written_share
from loadlab.catalogue import Factor
from loadlab.model.resources import Trial
from loadlab.model.status import LoadExperimentStatus, TrialPhase
from loadlab.model.status.chosen import CellLoad, Chosen
from loadlab.model.status.conditions import ConditionType, Reason, Truth
from loadlab.plan import Plan, PlanError
from loadlab.plan.bounds import PILOT_FAILED
from loadlab.plan.rates import choose_loads, measured_load, with_rate, without_rate
from loadlab.progress.conditions import AT_ONCE, Transition
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.endings import end_early
from loadlab.progress.observed import Observed

MOST_NAMED = 3  # cells whose pilot trials failed


def choose_rates(
    plan: Plan, status: LoadExperimentStatus, observed: Observed, transition: Transition
) -> Decision:
    """Write down what each cell carried and is offered for it; end where nothing is known."""
    pilots = {
        without_rate(pilot.cell).title(): observed.trials.get(pilot.name)
        for pilot in plan.preliminary
    }
    failed = {cell: how for cell, pilot in pilots.items() if (how := _failed(pilot))}
    try:
        loads = choose_loads(plan.context.spec, _all_carried(plan, pilots))
        loads = tuple(_as_known(load, pilots[load.cell]) for load in loads)
        chosen = plan.context.chosen.model_copy(update={"loads": loads})
        if failed:  # the plan by these rates would say what they lack, but not why
            _check_windows(plan, chosen)
    except PlanError as error:
        ending = _ending(error, failed, [pilot for pilot in pilots.values() if pilot])
        return end_early(status, transition, ending, ConditionType.FAILED, Truth.TRUE)
    message = "; ".join(_told(plan, load, failed.get(load.cell)) for load in loads)
    return Decision(
        status.model_copy(update={"chosen": chosen}),
        (Announce(Reason.RATES_CHOSEN, message),),
        AT_ONCE,
    )


def _all_carried(plan: Plan, pilots: Mapping[str, Trial | None]) -> Mapping[str, float | None]:
    """Return what each cell carried, by its title.

    Where all that came to a result mostly failed what succeeded is all that is known.
    """
    is_given = plan.context.spec.factors.levels(Factor.RATE) is not None
    carried = {cell: _carried(pilot, as_written=not is_given) for cell, pilot in pilots.items()}
    known = {
        cell: None if pilots[cell] and _failed(pilots[cell]) else each
        for cell, each in carried.items()
    }
    return known if any(known.values()) else carried


def _carried(trial: Trial | None, *, as_written: bool) -> float | None:
    """Return what a pilot trial carried; one that others spoiled would make a tier of its own.

    What a worker did not write in time is accepted, not carried. A rate that is given keeps users
    busy for as long as an answer takes, whatever is written.
    """
    if trial is None or trial.status.phase is not TrialPhase.SUCCEEDED:
        return None
    rate = trial.status.requests_per_second
    return rate * written_share(trial) if rate and as_written else rate


def _as_known(load: CellLoad, pilot: Trial | None) -> CellLoad:
    """Leave out what was carried where it says nothing of the rate: most requests had failed.

    How many users a rate keeps busy follows from it, and few good answers in fast failures look
    like answers that take minutes. A rate that was chosen by it is below it, and keeps few busy.
    """
    has_failed = bool(_failed(pilot))
    return load.model_copy(update={"carries": None}) if has_failed and not load.rate else load


def _failed(pilot: Trial | None) -> str:
    """Say how a pilot trial failed, where most of its requests did; else nothing."""
    failures = (pilot.status.failures if pilot else None) or ()
    share = sum(row.share for row in failures)
    if share <= PILOT_FAILED:
        return ""
    most = max(failures, key=lambda row: row.share)
    return f"{spelling.percent(share)} of its pilot's requests failed ({most.text})"


def _check_windows(plan: Plan, chosen: Chosen) -> None:
    for trial in plan.trials:
        measured_load(plan.context.spec.load, with_rate(without_rate(trial.cell), chosen))


def _ending(error: PlanError, failed: Mapping[str, str], pilots: list[Trial]) -> tuple[Reason, str]:
    """Return why nothing can be chosen; a node that let no pilot through is not quiet."""
    if error.reason is not Reason.PILOTS_FAILED or not pilots:
        told = [f"{cell}: {how}" for cell, how in failed.items()]
        return error.reason, "; ".join([str(error), *told[:MOST_NAMED]])
    last = pilots[-1].status
    is_quiet = any(pilot.status.reason != Reason.FOREIGN_CPU for pilot in pilots)
    reason = error.reason if is_quiet else Reason.NOT_QUIET
    return reason, f"no pilot trial came to a usable result; the last: {last.message}"


def _told(plan: Plan, load: CellLoad, failed: str | None) -> str:
    rate = load.rates[0] if load.rates else load.rate
    offered = f"{rate} per {plan.context.spec.load.time_unit}" if rate else "factors.rate"
    return f"{load.cell} is offered {offered}{f', as {failed}' if failed else ''}"
