"""How far two cells' figures carry a claim at all: by what is known of them, and at which rates.

In a closed loop each cell makes its own rate, on which two figures depend. CPU per request has the
idle CPU of a second in it, shared out over the requests of that second; and response times at N
users are N/X at saturation (Little), so that a shorter p95 is the higher rate once more.
"""

import math

from loadlab import spelling
from loadlab.analysis.equivalence import MARGIN
from loadlab.analysis.open_ends import is_of_survivors, open_ends
from loadlab.analysis.row_figures import is_thin, mean_of, standing_of
from loadlab.base.text import fit
from loadlab.model.status import LoadOutcome, ResultRow, Standing

_RATE = "requests_per_second"
_MOST_CHARACTERS = 100  # of the reason of a comparison
_SURVIVORS = "known without the replicates that it spoiled"
_WORDS = {_RATE: "requests per second", "cpu_micros": "CPU per request", "p95_ms": "p95"}
_BY_RATE = {"cpu_micros", "p95_ms"}  # the requests beside a load have a rate of their own


def is_overloaded(of: ResultRow, over: ResultRow) -> bool:
    """Whether one of the two got fewer requests than the other one."""
    return LoadOutcome.OVERLOADED in {of.load, over.load}


def may_lie(
    of: ResultRow, over: ResultRow, figure: str, held: tuple[bool, bool] = (False, False)
) -> tuple[bool, bool]:
    """Say whether the ratio may be claimed to lie above 1, and below it.

    Over what may be more the true ratio may be smaller, and larger where that is divided. `held`
    says of either whether the caller holds it against the generator's own delay (`open_ends`).
    """
    if is_overloaded(of, over):
        return False, False
    own = open_ends(of, figure, delay_is_held=held[0])
    other = open_ends(over, figure, delay_is_held=held[1])
    return not (own.less or other.more), not (own.more or other.less)


def why_not_sound(of: ResultRow, over: ResultRow, figure: str) -> str:
    """Say which of two cells' figures may be off whatever their spread, and why; else nothing."""
    found = {row.cell.title(): how for row in (of, over) if (how := _how_unsound(row, figure))}
    if not found:
        return ""
    request, _, name = figure.rpartition(".")
    words = f"{_WORDS[name]} of {request}" if request else _WORDS[name]
    cell, how = next(iter(found.items()))
    if len(found) > 1 and len(set(found.values())) == 1:
        return fit(f"{words} of both cells is {how}", _MOST_CHARACTERS)
    rest = f" is {how}"
    return f"{fit(f'{words} of {cell}', _MOST_CHARACTERS - len(rest))}{rest}"


def why_thin(of: ResultRow, over: ResultRow, figure: str) -> str:
    """Say that few samples are no sign that two tails are equal; nothing where they are many.

    The spread of few requests does not show what they miss.
    """
    is_known = not any(is_thin(row, figure) for row in (of, over))
    return "" if is_known else why_not_sound(of, over, figure)


def _how_unsound(row: ResultRow, figure: str) -> str:
    """Return such as `Unsound: SentLate`; nothing where it is Sound, of all replicates."""
    standing = standing_of(row, figure)
    if standing is Standing.SOUND:
        return _SURVIVORS if is_of_survivors(row) else ""
    known = None if "." in figure else getattr(row, figure)
    return f"{standing}: {known.why}" if known and known.why else str(standing)


def why_at_two_rates(of: ResultRow, over: ResultRow, figure: str) -> str:
    """Say that a closed loop had the two at rates on which the figure depends; else nothing.

    Rates are apart by more than the margin of equivalence: measured ones differ by 2 to 8 % from
    trial to trial, and by 1 % no two of them would be equal.
    """
    if figure not in _BY_RATE or not (of.load is over.load is None):
        return ""
    own, other = (mean_of(row, _RATE) for row in (of, over))
    if not own or not other or abs(math.log(own / other)) <= MARGIN:
        return ""
    rates = f"{spelling.number(own)} and {spelling.number(other)} requests/s"
    return f"at {rates}, on which it depends: offer one rate (load.purpose Compare)"
