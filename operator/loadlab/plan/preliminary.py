"""The trials before the first block: pilots where cells are compared, else one that settles.

The first trial of an experiment is always noisier than the others: images are unpacked, caches are
cold, and what was deployed a moment ago still starts. So one trial settles the machine first. Pilot
trials do the same, and find what each cell carries.
"""

from collections.abc import Sequence

from loadlab.base.names import preliminary_name
from loadlab.base.quantities import seconds
from loadlab.catalogue import Cell, Factor
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.load import Executor, Load, Purpose
from loadlab.model.status.conditions import Reason
from loadlab.model.trial import TrialRole
from loadlab.plan.bounds import MOST_PILOTS, PILOT_SECONDS, PILOT_WARMUP_SECONDS
from loadlab.plan.cells import drawn
from loadlab.plan.context import Context
from loadlab.plan.errors import PlanError
from loadlab.plan.planned_trial import PlannedTrial
from loadlab.plan.rates import without_rate


def plan_preliminary(context: Context, trials: Sequence[PlannedTrial]) -> tuple[PlannedTrial, ...]:
    """Return the trials before the first block.

    None settles where that is not wanted, nor before a single trial, which it would nearly double.

    Raises:
        PlanError: more cells are to be compared than have a pilot trial each.
    """
    load = context.spec.load
    if load.purpose is Purpose.COMPARE:
        return _pilots(context, trials)
    if len(trials) < 2 or not seconds(load.settling):
        return ()
    return (_preliminary(context, 1, TrialRole.SETTLING, trials[0].cell, _settling(load)),)


def _pilots(context: Context, trials: Sequence[PlannedTrial]) -> tuple[PlannedTrial, ...]:
    cells = dict.fromkeys(without_rate(trial.cell).title() for trial in trials)
    if len(cells) > MOST_PILOTS:
        message = (
            f"{len(cells)} cells are to be compared, and each needs a pilot trial: sweep fewer "
            f"levels, at most {MOST_PILOTS} cells, or leave load.purpose out"
        )
        raise PlanError(Reason.TOO_MANY_TRIALS, message)
    known = {without_rate(trial.cell).title(): without_rate(trial.cell) for trial in trials}
    order = drawn(known.values(), f"{context.chosen.seed}/pilots")
    return tuple(
        _preliminary(context, position, TrialRole.PILOT, _closed(context.spec, cell), load)
        for load in (_pilot(context.spec.load),)
        for position, cell in enumerate(order, start=1)
    )


def _preliminary(
    context: Context, position: int, role: TrialRole, cell: Cell, load: Load
) -> PlannedTrial:
    name = preliminary_name(context.experiment.children_name, position)
    return PlannedTrial(name=name, cell=cell, load=load, replicate=0, position=position, role=role)


def _closed(spec: LoadExperimentSpec, cell: Cell) -> Cell:
    users = spec.factors.levels(Factor.VIRTUAL_USERS) or ()
    return cell.model_copy(update={Factor.VIRTUAL_USERS.attribute: users[0]})


def _settling(load: Load) -> Load:
    length = min(load.settling, load.duration, key=seconds)
    ramp_up = min(load.ramp_up, length, key=seconds)
    return load.model_copy(update={"duration": length, "ramp_up": ramp_up, "warmup": "0s"})


def _pilot(load: Load) -> Load:
    return load.model_copy(
        update={
            "executor": Executor.CONSTANT_VUS,
            "arrivals": None,
            "duration": f"{PILOT_SECONDS}s",
            "warmup": f"{PILOT_WARMUP_SECONDS}s",
            "request": load.request.model_copy(update={"think_time": "0s"}),
        }
    )
