"""On which side of a row's figure the truth may lie, whatever the spread of its replicates is.

| figure                                                           | the truth may be         |
|------------------------------------------------------------------|--------------------------|
| a lower bound                                                    | more                     |
| a latency that is longer than the service's own (see `standing`) | less                     |
| Unsound otherwise                                                | more or less             |
| of a cell whose service spoiled runs or crashed, beside that     | a rate less, others more |

Replicates that the service spoiled are not left out by chance: those that are left tell of the
better ones, as they do in an expectation (`claim_standing`).
"""

from dataclasses import dataclass

from loadlab.analysis.row_figures import mean_of, standing_beside
from loadlab.analysis.spoiled import broken_in_spoiled, left_open_in_spoiled
from loadlab.model.status import ResultRow, Standing
from loadlab.validity.judgement import ReasonKind
from loadlab.validity.standing import is_delay_known, is_longer_by

_RATE, _TAIL = "requests_per_second", "p95_ms"


@dataclass(frozen=True, slots=True)
class OpenEnds:
    """Whether the truth may be more than a figure, and less."""

    more: bool = False
    less: bool = False


KNOWN, AT_MOST = OpenEnds(), OpenEnds(less=True)


def open_ends(row: ResultRow, figure: str, *, delay_is_held: bool = False) -> OpenEnds:
    """Return it for a row's figure, spelled as for `row_figures.mean_of`.

    `delay_is_held`: whoever asks holds the figure against what the generator may have added to it.
    """
    found = _by_standing(row, figure, delay_is_held=delay_is_held)
    if not is_of_survivors(row):
        return found
    is_rate = figure == _RATE
    return OpenEnds(found.more or not is_rate, found.less or is_rate)


def is_of_survivors(row: ResultRow) -> bool:
    """Whether the service spoiled runs of a cell, or ended by itself: its figures leave them out.

    A run that was repeated tells no more than another replicate: of the service that went on.
    """
    spoiled = any(broken_in_spoiled(row)) or any(left_open_in_spoiled(row))
    return spoiled or bool(row.crashes)


def _by_standing(row: ResultRow, figure: str, *, delay_is_held: bool) -> OpenEnds:
    match standing_beside(row, figure):
        case Standing.SOUND:
            return OpenEnds()
        case Standing.BOUND:
            return OpenEnds(more=True)
    why = _why(row, figure)
    if why is None or not is_longer_by(why):
        return OpenEnds(more=True, less=True)
    return OpenEnds(less=not (delay_is_held and is_delay_known(why)))


def _why(row: ResultRow, figure: str) -> str | None:
    """Return why a latency is Unsound; None where that is not known, and of other figures."""
    if "." in figure:  # of the requests of one name it is so by the lateness of their send alone
        return ReasonKind.SENT_LATE if mean_of(row, figure) is not None else None
    return row.p95_ms.why if figure == _TAIL and row.p95_ms else None
