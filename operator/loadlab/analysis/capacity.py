"""What each cell carries at least: in a closed loop, as its pilot or its measured trials had it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from loadlab.analysis.pilots import Limit
from loadlab.model.spec.load import Purpose
from loadlab.model.status import Figure, ResultRow, Standing
from loadlab.plan import Plan
from loadlab.plan.rates import without_rate


def with_capacity(
    plan: Plan,
    rows: Sequence[ResultRow],
    limits: Mapping[str, Limit] = MappingProxyType({}),
) -> tuple[ResultRow, ...]:
    """Return the rows with what their cells carry at least, where the purpose asks for it.

    `limits` are what limited the pilot trials, by their cells' titles.
    """
    match plan.context.spec.load.purpose:
        case Purpose.COMPARE:
            carried = {load.cell: load.carries for load in plan.context.chosen.loads}
            titles = [without_rate(row.cell).title() for row in rows]
            known = [_of_pilot(carried.get(it), limits.get(it, Limit.UNKNOWN)) for it in titles]
        case Purpose.CAPACITY if plan.context.spec.load.search is not None:
            return tuple(rows)  # what the search found stands in status.capacity
        case Purpose.CAPACITY:
            known = [_of_closed_loop(row.requests_per_second) for row in rows]
        case None:
            return tuple(rows)
    pairs = zip(rows, known, strict=True)
    return tuple(row.model_copy(update={"capacity": capacity}) for row, capacity in pairs)


def _of_pilot(carries: float | None, limit: Limit) -> Figure | None:
    return (
        None if carries is None else Figure(mean=carries, standing=Standing.BOUND, why=limit.value)
    )


def _of_closed_loop(found: Figure | None) -> Figure | None:
    return found and found.as_lower_bound(found.why or "ClosedLoop")
