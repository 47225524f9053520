"""The rates at which cells are measured, and how long they are measured at them."""

from collections.abc import Mapping
from itertools import pairwise
from math import ceil, floor, log10

from loadlab.base.quantities import seconds
from loadlab.catalogue import Cell, Factor
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.load import Executor, Load
from loadlab.model.status.chosen import CellLoad, Chosen
from loadlab.model.status.conditions import Reason
from loadlab.plan.bounds import (
    FEWEST_REQUESTS,
    LONGEST_WINDOW,
    OFFERED_SHARE,
    WIDEST_TIER,
)
from loadlab.plan.errors import PlanError


def without_rate(cell: Cell) -> Cell:
    """Return the cell of a pilot trial: how much it is offered is not its own."""
    return cell.model_copy(
        update={Factor.RATE.attribute: None, Factor.VIRTUAL_USERS.attribute: None}
    )


def with_rate(cell: Cell, chosen: Chosen) -> Cell:
    """Return a cell with the rate that was chosen for it, if any was."""
    rates = {load.cell: load.rate for load in chosen.loads}
    rate = rates.get(cell.title())
    return cell if rate is None else cell.model_copy(update={Factor.RATE.attribute: rate})


def carried_by(chosen: Chosen, cell: Cell) -> float | None:
    """Return the requests a second that a cell carried in its pilot trial; None where unknown."""
    carried = {load.cell: load.carries for load in chosen.loads}
    return carried.get(without_rate(cell).title())


def pilot_users(spec: LoadExperimentSpec) -> int:
    """Return the virtual users of a pilot trial."""
    users = spec.factors.levels(Factor.VIRTUAL_USERS) or ()
    return int(users[0])


def measured_load(load: Load, cell: Cell) -> Load:
    """Return the load of a cell's measured trials.

    Raises:
        PlanError: the window would be too long.
    """
    if not load.has_pilots:
        return load
    rate = cell.number(Factor.RATE)
    is_open = load.model_copy(update={"executor": Executor.CONSTANT_ARRIVAL_RATE})
    return _with_enough_requests(is_open, cell, rate) if rate else is_open


def lowest_rate(load: Load) -> int:
    """Return the lowest rate that a search may try: its window has enough requests."""
    window = max(LONGEST_WINDOW, seconds(load.duration))
    fewest = ceil(FEWEST_REQUESTS / window * seconds(load.time_unit))
    return max(fewest, load.search.min_rate if load.search else 1)


def first_rate(load: Load, carries: float) -> int:
    """Return where a search begins: at what a closed loop carried a second, in two digits."""
    per_unit = carries * seconds(load.time_unit)
    highest = load.search.max_rate if load.search else Factor.RATE.facts.high
    return min(max(lowest_rate(load), int(float(f"{per_unit:.2g}"))), highest)


def choose_loads(
    spec: LoadExperimentSpec, carried: Mapping[str, float | None]
) -> tuple[CellLoad, ...]:
    """Return what each cell is offered, by what it carried: a rate for each tier of cells.

    Of a search that is the first rate of each cell.

    A cell of which nothing is known is offered what the slowest is.

    Raises:
        PlanError: nothing is known of any, or one carries too little for a rate.
    """
    known = sorted(carries for carries in carried.values() if carries)
    if not known:
        message = "no pilot trial came to a usable result; the LoadTrials of the role Pilot say why"
        raise PlanError(Reason.PILOTS_FAILED, message)
    if spec.load.search is not None:
        return _first_steps(spec.load, carried, slowest=known[0])
    slowest = _slowest_of_tiers(known)
    is_given = spec.factors.levels(Factor.RATE) is not None
    return tuple(
        _load_of(spec.load, title, carries, slowest[:1] if is_given else slowest, is_given)
        for title, carries in carried.items()
    )


def _first_steps(
    load: Load, carried: Mapping[str, float | None], slowest: float
) -> tuple[CellLoad, ...]:
    return tuple(
        CellLoad(cell=title, carries=each or None, rates=(first_rate(load, each or slowest),))
        for title, each in carried.items()
    )


def _slowest_of_tiers(carries: list[float]) -> list[float]:
    """Return what the slowest cell of each tier carries, from the slowest tier on."""
    slowest = carries[:1]
    for _, each in pairwise(carries):
        if each > WIDEST_TIER * slowest[-1]:
            slowest.append(each)
    return slowest


def _load_of(
    load: Load, title: str, carries: float | None, slowest: list[float], is_given: bool
) -> CellLoad:
    tier = max(1, sum(each <= (carries or 0) for each in slowest))
    rate = None if is_given else _rate(load, slowest[tier - 1])
    return CellLoad(cell=title, carries=carries or None, rate=rate, tier=tier)


def _rate(load: Load, carries: float) -> int:
    """Return a share of what is carried, per time unit, in two digits."""
    offered = OFFERED_SHARE * carries * seconds(load.time_unit)
    if offered < 1:
        message = (
            f"the slowest cell carries {carries:.3g} requests a second, and {OFFERED_SHARE:.0%} of "
            f"it is less than one per load.timeUnit of {load.time_unit}; raise load.timeUnit"
        )
        raise PlanError(Reason.TOO_FEW_REQUESTS, message)
    unit = int(10 ** max(0, floor(log10(offered)) - 1))
    return min(floor(offered / unit) * unit, Factor.RATE.facts.high)


def _with_enough_requests(load: Load, cell: Cell, rate: int) -> Load:
    per_second = rate / seconds(load.time_unit)
    needed = ceil(FEWEST_REQUESTS / per_second)
    if needed <= seconds(load.duration):
        return load
    if needed > LONGEST_WINDOW:
        message = (
            f"{cell.title()}: at {per_second:.3g} requests a second {FEWEST_REQUESTS:,} requests "
            f"take {needed:,} s, and a window is lengthened to {LONGEST_WINDOW} s at most; set "
            f"load.duration to {needed}s or more, or leave the cell out"
        )
        raise PlanError(Reason.TOO_FEW_REQUESTS, message)
    return load.model_copy(update={"duration": f"{needed}s"})
