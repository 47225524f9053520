"""The trials before the first block: pilots where rates follow from them, else one that settles;
and where it is asked for one that calibrates, which measures k6 at the rate that is to be offered.

The first trial of an experiment is always noisier than the others: images are unpacked, caches are
cold, and what was deployed a moment ago still starts. So one trial settles the machine first. Pilot
trials do the same, and find what each cell carries.
"""

from collections.abc import Sequence

from loadlab.base.names import preliminary_name
from loadlab.base.quantities import seconds
from loadlab.catalogue import Cell, Factor
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.load import Executor, Load
from loadlab.model.status.conditions import Reason
from loadlab.model.trial import TrialRole
from loadlab.plan.bounds import (
    CALIBRATION_RATE,
    CALIBRATION_WARMUP_SECONDS,
    MOST_PILOTS,
    PILOT_SECONDS,
    PILOT_WARMUP_SECONDS,
)
from loadlab.plan.cells import drawn
from loadlab.plan.context import Context
from loadlab.plan.errors import PlanError
from loadlab.plan.planned_trial import PlannedTrial
from loadlab.plan.rates import pilot_users, without_rate
from loadlab.plan.service_cpus import most_cpus_first
from loadlab.plan.settling import may_settle


def plan_preliminary(context: Context, trials: Sequence[PlannedTrial]) -> tuple[PlannedTrial, ...]:
    """Return the trials before the first block.

    None settles where that is not wanted, nor before a single trial, which it would nearly double.

    Raises:
        PlanError: more cells are to be compared than have a pilot trial each.
    """
    load = context.spec.load
    if load.has_pilots:
        pilots = _pilots(context, trials)
        return (*pilots, *_calibrations(context, len(pilots), trials))
    settling: tuple[PlannedTrial, ...] = ()
    if len(trials) > 1 and may_settle(load):
        cell = min((trial.cell for trial in trials), key=_shows_the_most)
        planned = _preliminary(context, 1, TrialRole.SETTLING, cell, _settling(load))
        settling = (planned,)
    return (*settling, *_calibrations(context, len(settling), trials))


def _shows_the_most(cell: Cell) -> tuple[float, int]:
    """Order cells by what the first trial of all shows: whether CPUs can be owned, and the nodes.

    That of one with fewer CPUs, or pods of the generator, would not hold for the others.
    """
    return most_cpus_first(cell), -(cell.number(Factor.PARALLELISM) or 0)


def _calibrations(
    context: Context, before: int, trials: Sequence[PlannedTrial]
) -> tuple[PlannedTrial, ...]:
    """Return the trial that calibrates; none before the pilots have said what will be offered."""
    load, cells = context.spec.load, [trial.cell for trial in trials]
    lacks_rates = load.has_pilots and not context.chosen.loads
    if not seconds(load.calibration) or lacks_rates:
        return ()
    fastest = max(cells, key=lambda cell: cell.number(Factor.RATE) or 0)
    per_unit = max(1, round(CALIBRATION_RATE * seconds(load.time_unit)))
    rate = {Factor.RATE.attribute: fastest.number(Factor.RATE) or per_unit}
    cell = fastest.model_copy(update={Factor.VIRTUAL_USERS.attribute: None} | rate)
    role = TrialRole.CALIBRATION
    return (_preliminary(context, before + 1, role, cell, _calibrating(load)),)


def _pilots(context: Context, trials: Sequence[PlannedTrial]) -> tuple[PlannedTrial, ...]:
    cells = dict.fromkeys(without_rate(trial.cell).title() for trial in trials)
    if len(cells) > MOST_PILOTS:
        message = (
            f"{len(cells)} cells need a pilot trial each: sweep fewer levels, at most "
            f"{MOST_PILOTS} cells, or leave load.purpose out"
        )
        raise PlanError(Reason.TOO_MANY_TRIALS, message)
    known = {without_rate(trial.cell).title(): without_rate(trial.cell) for trial in trials}
    order = sorted(drawn(known.values(), f"{context.chosen.seed}/pilots"), key=_shows_the_most)
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
    return cell.model_copy(update={Factor.VIRTUAL_USERS.attribute: pilot_users(spec)})


def _calibrating(load: Load) -> Load:
    return load.model_copy(
        update={
            "executor": Executor.CONSTANT_ARRIVAL_RATE,
            "duration": load.calibration,
            "iterations": None,
            "warmup": f"{CALIBRATION_WARMUP_SECONDS}s",
            "request": load.request.model_copy(update={"think_time": "0s"}),
        }
    )


def _settling(load: Load) -> Load:
    length = min(load.settling, load.duration, key=seconds)
    ramp_up = min(load.ramp_up, length, key=seconds)
    return load.model_copy(
        update={"duration": length, "iterations": None, "ramp_up": ramp_up, "warmup": "0s"}
    )


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
