"""What each cell carries at least: in a closed loop, as its pilot or its measured trials had it."""

from collections.abc import Sequence

from loadlab.catalogue import Factor
from loadlab.model.spec.load import Purpose
from loadlab.model.status import Figure, ResultRow, Standing
from loadlab.plan import Plan
from loadlab.plan.rates import without_rate


def with_capacity(plan: Plan, rows: Sequence[ResultRow]) -> tuple[ResultRow, ...]:
    """Return the rows with what their cells carry at least, where the purpose asks for it."""
    match plan.context.spec.load.purpose:
        case Purpose.COMPARE:
            carried = {load.cell: load.carries for load in plan.context.chosen.loads}
            known = [_of_pilot(carried.get(without_rate(row.cell).title())) for row in rows]
        case Purpose.CAPACITY if plan.context.spec.load.search is not None:
            return tuple(rows)  # what the search found stands in status.capacity
        case Purpose.CAPACITY:
            known = [_of_closed_loop(row.requests_per_second) for row in rows]
        case None:
            return tuple(rows)
    pairs = zip(rows, known, strict=True)
    return tuple(row.model_copy(update={"capacity": capacity}) for row, capacity in pairs)


def comparable_rows(plan: Plan, rows: Sequence[ResultRow]) -> list[ResultRow]:
    """Return the rows among which one may be the best: of several tiers the fastest.

    A cell that was offered more than four times as much carries it, which decides.
    """
    if plan.context.spec.load.purpose is not Purpose.COMPARE or not rows:
        return list(rows)
    highest = max(row.cell.number(Factor.RATE) or 0 for row in rows)
    return [row for row in rows if (row.cell.number(Factor.RATE) or 0) == highest]


def _of_pilot(carries: float | None) -> Figure | None:
    return None if carries is None else Figure(mean=carries, standing=Standing.BOUND, why="Pilot")


def _of_closed_loop(found: Figure | None) -> Figure | None:
    if found is None or found.standing is Standing.UNSOUND:
        return found  # what it tells of is no lower bound of what the cell carries
    return found.as_lower_bound(found.why or "ClosedLoop")
