"""Which cell each cell is compared with."""

from collections.abc import Iterable, Sequence

from loadlab.catalogue import Factor
from loadlab.model.status import ResultRow


def controls_of(rows: Sequence[ResultRow]) -> list[tuple[ResultRow, ResultRow]]:
    """Return each row with its control, but the first ones of each offered rate.

    That is the first variant's row at the same levels, as far as both have them, and the first row
    for the first variant's own. At another rate a request costs otherwise, and waits otherwise.
    """
    by_rate: dict[int | None, list[ResultRow]] = {}
    for row in rows:
        by_rate.setdefault(row.cell.number(Factor.RATE), []).append(row)
    return [pair for alike in by_rate.values() for pair in _controls_at_one_rate(alike)]


def _controls_at_one_rate(rows: Sequence[ResultRow]) -> list[tuple[ResultRow, ResultRow]]:
    first = rows[0]
    known = [(row, row.cell.dump()) for row in rows if row.cell.variant == first.cell.variant]
    return [(row, _control(row, first, known)) for row in rows[1:]]


def _control(
    row: ResultRow, first: ResultRow, known: Iterable[tuple[ResultRow, dict[str, object]]]
) -> ResultRow:
    if row.cell.variant == first.cell.variant:
        return first
    levels = {name: level for name, level in row.cell.dump().items() if name != "variant"}
    alike = (
        it for it, own in known if all(own.get(n, level) == level for n, level in levels.items())
    )
    return next(alike, first)
