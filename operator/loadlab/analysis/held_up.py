"""Which cells hold up the requests beside their load, so that whatever else they are is no use.

A blocking call in `async def` is the cheapest way to serve a request, and so where a CPU is all
that there is the fastest: 1.2 times the requests per second of the best other one, while all else
that the process has to answer waits for it. So it is left out before the rate is looked at.
"""

import math
from collections.abc import Mapping, Sequence

from loadlab import spelling
from loadlab.analysis.bounds import HELD_UP, HELD_UP_MS
from loadlab.analysis.pairs import RATE, Pairs
from loadlab.analysis.row_figures import mean_of
from loadlab.model.status import ResultRow

HOLDS_UP = "holds up"


def holding_up(rows: Sequence[ResultRow], pairs: Pairs, figure: str) -> Mapping[str, str]:
    """Return why cells are left out, by their titles: beside the one that holds them up least.

    `figure` is the p95 of the requests beside the load, such as `ping.p95_ms`.
    """
    found: dict[str, str] = {}
    for row in rows:
        others = [other for other in rows if _makes_wait(row, other, pairs, figure)]
        if others:
            least = min(others, key=lambda other: mean_of(other, figure) or math.inf)
            found[row.cell.title()] = _why(row, least, figure, _brief(least, rows))
    return found


def _makes_wait(row: ResultRow, other: ResultRow, pairs: Pairs, figure: str) -> bool:
    """Whether a cell makes them wait by a larger factor than it carries more than the other one."""
    own, less = mean_of(row, figure), mean_of(other, figure)
    if row is other or own is None or less is None or own - less < HELD_UP_MS:
        return False
    if not pairs.is_worse(row, other, figure):
        return False
    estimate = pairs.difference(figure, row, other).estimate
    most = HELD_UP * max(1.0, _times_the_rate(row, other))
    return estimate is not None and math.exp(estimate.mean) >= most


def _times_the_rate(row: ResultRow, other: ResultRow) -> float:
    own, less = mean_of(row, RATE), mean_of(other, RATE)
    return own / less if own and less else 1.0


def _why(row: ResultRow, other: ResultRow, figure: str, name: str) -> str:
    request, _, _ = figure.rpartition(".")
    own, less = (spelling.number(mean_of(each, figure)) for each in (row, other))
    return f"{HOLDS_UP} {request}: p95 {own} ms, and {less} ms in {name}"


def _brief(row: ResultRow, rows: Sequence[ResultRow]) -> str:
    """Name a cell by its variant, where no other one is of the same."""
    is_one = sum(each.cell.variant == row.cell.variant for each in rows) == 1
    return row.cell.variant if is_one else row.cell.title()
