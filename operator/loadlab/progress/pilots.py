"""What the pilot trials found, and the rates that are chosen for it: once, before the first block.

All of it is computed from what stands in the LoadTrials, and stands in the status before a trial is
started that rests on it: whenever the operator dies, the next one plans the same.
"""

from loadlab.model.resources import Trial
from loadlab.model.status import LoadExperimentStatus, TrialPhase
from loadlab.model.status.chosen import CellLoad
from loadlab.model.status.conditions import ConditionType, Reason, Truth
from loadlab.plan import Plan, PlanError
from loadlab.plan.bounds import PILOT_FAILED
from loadlab.plan.rates import choose_loads, without_rate
from loadlab.progress.conditions import AT_ONCE, Transition
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.endings import end_early
from loadlab.progress.observed import Observed


def choose_rates(
    plan: Plan, status: LoadExperimentStatus, observed: Observed, transition: Transition
) -> Decision:
    """Write down what each cell carried and is offered for it; end where nothing is known."""
    pilots = {
        without_rate(pilot.cell).title(): observed.trials.get(pilot.name)
        for pilot in plan.preliminary
    }
    carried = {cell: _carried(pilot) for cell, pilot in pilots.items()}
    try:
        loads = choose_loads(plan.context.spec, carried)
    except PlanError as error:
        ending = _ending(error, [pilot for pilot in pilots.values() if pilot])
        return end_early(status, transition, ending, ConditionType.FAILED, Truth.TRUE)
    loads = tuple(_as_known(load, pilots[load.cell]) for load in loads)
    chosen = plan.context.chosen.model_copy(update={"loads": loads})
    message = "; ".join(_told(plan, load.rate, load.cell) for load in loads)
    return Decision(
        status.model_copy(update={"chosen": chosen}),
        (Announce(Reason.RATES_CHOSEN, message),),
        AT_ONCE,
    )


def _carried(trial: Trial | None) -> float | None:
    """Return what a pilot trial carried; one that others spoiled would make a tier of its own."""
    is_usable = trial is not None and trial.status.phase is TrialPhase.SUCCEEDED
    return trial.status.requests_per_second if trial and is_usable else None


def _as_known(load: CellLoad, pilot: Trial | None) -> CellLoad:
    """Leave out what was carried where it says nothing of the rate: most requests had failed.

    How many users a rate keeps busy follows from it, and few good answers in fast failures look
    like answers that take minutes. A rate that was chosen by it is below it, and keeps few busy.
    """
    failures = (pilot.status.failures if pilot else None) or ()
    has_failed = sum(row.share for row in failures) > PILOT_FAILED
    return load.model_copy(update={"carries": None}) if has_failed and not load.rate else load


def _ending(error: PlanError, pilots: list[Trial]) -> tuple[Reason, str]:
    """Return why nothing can be chosen; a node that let no pilot through is not quiet."""
    if error.reason is not Reason.PILOTS_FAILED or not pilots:
        return error.reason, str(error)
    last = pilots[-1].status
    is_quiet = any(pilot.status.reason != Reason.FOREIGN_CPU for pilot in pilots)
    reason = error.reason if is_quiet else Reason.NOT_QUIET
    return reason, f"no pilot trial came to a usable result; the last: {last.message}"


def _told(plan: Plan, rate: int | None, cell: str) -> str:
    offered = f"{rate} per {plan.context.spec.load.time_unit}" if rate else "factors.rate"
    return f"{cell} is offered {offered}"
