"""What each cell carries at least: in a closed loop, as its pilot or its measured trials had it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from loadlab.analysis.bounds import QUEUED_ANSWER
from loadlab.analysis.pilots import Limit
from loadlab.model.spec.load import Purpose
from loadlab.model.status import Figure, LoadOutcome, ResultRow, Standing
from loadlab.plan import Plan
from loadlab.plan.rates import pilot_users, without_rate


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
            users, known = pilot_users(plan.context.spec), []
            for row in rows:
                title = without_rate(row.cell).title()
                limit = limits.get(title, Limit.UNKNOWN)
                known.append(_of_pilot(carried.get(title), limit, row, users))
        case Purpose.CAPACITY if plan.context.spec.load.search is not None:
            return tuple(rows)  # what the search found stands in status.capacity
        case Purpose.CAPACITY:
            known = [_of_closed_loop(row.requests_per_second) for row in rows]
        case None:
            return tuple(rows)
    pairs = zip(rows, known, strict=True)
    return tuple(row.model_copy(update={"capacity": capacity}) for row, capacity in pairs)


def _of_pilot(carries: float | None, limit: Limit, row: ResultRow, users: int) -> Figure | None:
    if carries is None:
        return None
    has_queued = limit is Limit.USERS and _has_queued(carries, row, users)
    why = Limit.SERVICE if has_queued else limit
    return Figure(mean=carries, standing=Standing.BOUND, why=why.value)


def _has_queued(carries: float, row: ResultRow, users: int) -> bool:
    """Whether a pilot's requests waited for each other, whatever was full.

    N users who carry X wait N / X for an answer (Little). Where it takes them much longer than an
    answer takes at the offered rate, of a fraction of X, the rest was a queue within the service.
    """
    if row.latency_ms is None or row.load is not LoadOutcome.KEPT:
        return False
    return 1000 * users / carries > QUEUED_ANSWER * row.latency_ms.avg


def _of_closed_loop(found: Figure | None) -> Figure | None:
    if found is None or found.standing is Standing.UNSOUND:
        return found  # what it tells of is no lower bound of what the cell carries
    return found.as_lower_bound(found.why or "ClosedLoop")
