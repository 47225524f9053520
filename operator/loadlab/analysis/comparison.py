"""Every cell against its control: ratios within blocks, and what may be claimed by them.

| outcome            | when                                                               |
|--------------------|--------------------------------------------------------------------|
| Improved, Regressed | the ratio differs from 1: p below 0.05 over the whole family       |
| Equivalent         | otherwise: both one-sided tests put it within 1/1.05 and 1.05; of a |
|                    | latency also without what k6 itself adds, which must be known, and   |
|                    | never of few samples: their spread does not show what they miss     |
| Inconclusive       | neither; or less than three blocks, or an interval beyond 3 to 1;   |
|                    | or the one that looks better failed more (loadlab.analysis.fairness);|
|                    | or it depends on rates that a closed loop had apart (claim_limits),  |
|                    | or the truth may lie on the other side whatever the spread (open_ends) |

The family is what is compared in the experiment: all cells and all figures below. Its p values are
adjusted by Holm's step-down method (Scandinavian Journal of Statistics 6, 1979), so that in an
experiment without any difference one is claimed at most 5 times in 100. Equivalence is shown by
two one-sided tests (Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from loadlab.analysis.blocks import BlockNoise, Logs, block_noise
from loadlab.analysis.bounds import CONFIDENCE, FEWEST_BLOCKS
from loadlab.analysis.claim_limits import (
    is_overloaded,
    may_lie,
    why_at_two_rates,
    why_not_sound,
    why_thin,
)
from loadlab.analysis.controls import controls_of
from loadlab.analysis.equivalence import MARGIN, seems_equal, why_delayed, why_hidden
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.fairness import why_unfair
from loadlab.analysis.intervals import FIGURES, logs_by_cell, usable_by_cell
from loadlab.analysis.own_delays import CellDelay, delays_by_cell
from loadlab.analysis.row_figures import mean_of, spelled
from loadlab.model.status import (
    MAX_ROWS,
    Comparison,
    ComparisonOutcome,
    Figure,
    ResultRow,
)

_ALPHA = 1 - CONFIDENCE
_TAIL = "p95_ms"  # also that of the requests of one name
_BETTER = {"requests_per_second": 1, "cpu_micros": -1, "p95_ms": -1}
# The most important one first: not all of a large sweep fit the status.
_CLOSED = ("requests_per_second", "cpu_micros", "p95_ms")
_CARRIED = ("requests_per_second", "cpu_micros")
_OPEN = ("cpu_micros", "p95_ms")  # the rate is the offered one


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two cells, as logarithms within the blocks that have both."""

    figure: str
    of: ResultRow
    over: ResultRow
    ratios: tuple[float, ...]
    estimate: LogEstimate | None  # None without a block
    why: str = ""  # no claim is possible, whatever the figures are
    own_ms: float | None = None  # what k6 itself adds to a latency; None where it is not known
    delays: tuple[CellDelay, CellDelay] = (CellDelay(), CellDelay())  # k6's, of and over
    at_any_rate: bool = False  # whoever tells it says that the two had rates of their own

    @property
    def delays_are_known(self) -> tuple[bool, bool]:
        """Whether it is known of either how much a generator that was short of CPU added."""
        return self.delays[0].own is not None, self.delays[1].own is not None

    @property
    def doubt(self) -> float | None:
        """The p value of no difference at all; None where there are too few blocks for one."""
        if self.why or self.estimate is None or self.estimate.main is None:
            return None
        return self.estimate.doubt(self.estimate.mean)


def compare_cells(
    rows: Sequence[ResultRow],
    replicates: Sequence[Replicate],
    pilot: int | None = None,
    *,
    latency: bool = True,
    own_ms: float | None = None,
    why: str = "",
) -> tuple[Comparison, ...]:
    """Compare each row with its control, as many figures of all rows as the status may hold.

    Without latency where the load is to show what is carried: at saturation it follows from that.
    `own_ms` is what k6 itself adds to one; None where it was not measured. `why` says why nothing
    may be claimed, whatever the figures are.
    """
    pairs = controls_of(rows)
    if not pairs:
        return ()
    names = compared_figures(replicates, latency=latency)[: MAX_ROWS // len(pairs)]
    cells = usable_by_cell(replicates)
    tables = {name: logs_by_cell(cells, FIGURES[name]) for name in names}
    delays = delays_by_cell(cells)
    noises = {name: block_noise(list(table.values()), pilot) for name, table in tables.items()}
    differences = [
        difference_of(name, pair, tables[name], noises[name], own_ms=own_ms, delays=delays)
        for pair in pairs
        for name in names
    ]
    return claims([replace(each, why=why) for each in differences])


def compared_figures(replicates: Iterable[Replicate], *, latency: bool = True) -> tuple[str, ...]:
    """Return the figures by which cells are told apart; not the rate where that is offered."""
    if any(replicate.trial.open_model for replicate in replicates):
        return _OPEN
    return _CLOSED if latency else _CARRIED


def claims(differences: Sequence[Difference]) -> tuple[Comparison, ...]:
    """Return what may be claimed of differences that are one family."""
    adjusted = iter(holm([d.doubt for d in differences if d.doubt is not None]))
    family = sum(difference.doubt is not None for difference in differences)
    return tuple(
        _claim(difference, next(adjusted), family)
        if difference.doubt is not None
        else _no_claim(difference)
        for difference in differences
    )


def difference_of(
    figure: str,
    pair: tuple[ResultRow, ResultRow],
    table: Mapping[str, Logs],
    noise: BlockNoise | None,
    *,
    own_ms: float | None = None,
    delays: Mapping[str, CellDelay] = MappingProxyType({}),
) -> Difference:
    """Take one figure of two cells within each block."""
    of, over = (table.get(row.cell.title(), {}) for row in pair)
    logs = [of[block] - over[block] for block in sorted(of.keys() & over.keys())]
    estimate = LogEstimate.of_difference(logs, noise) if logs else None
    known = tuple(delays.get(row.cell.title(), CellDelay()) for row in pair)
    ratios = tuple(map(math.exp, logs))
    return Difference(figure, *pair, ratios, estimate, own_ms=own_ms, delays=(known[0], known[1]))


def holm(doubts: Sequence[float]) -> list[float]:
    """Return the p values that keep the error of the whole family, in the order given."""
    order = sorted(range(len(doubts)), key=lambda place: doubts[place])
    adjusted, most = [0.0] * len(doubts), 0.0
    for rank, place in enumerate(order):
        most = max(most, min(1.0, (len(doubts) - rank) * doubts[place]))
        adjusted[place] = most
    return adjusted


def compare_in_family(found: Difference, p: float | None, family: int) -> Comparison:
    """Compare two cells by a p value that was adjusted for so many; None where there is none."""
    return _no_claim(found) if p is None else _claim(found, p, family)


def is_clearly_worse(found: Difference, p: float | None) -> bool:
    """Whether the blocks show a cell to be worse than the other, by more than what is of no matter.

    `p` is adjusted for all that is compared. It is the mean that has to lie beyond the margin: by
    an end of its interval more noise would make a cell worse.
    """
    if p is None or p >= _ALPHA or found.estimate is None or abs(found.estimate.mean) < MARGIN:
        return False
    return compare_in_family(found, p, 1).outcome is ComparisonOutcome.REGRESSED


def is_alike(found: Difference) -> bool:
    """Whether both one-sided tests put the ratio within the margin, told from 1 or not."""
    if found.why or found.estimate is None or not _lies_within(found, found.estimate):
        return False
    return not _why_barred(found, ComparisonOutcome.EQUIVALENT)


def _no_claim(found: Difference) -> Comparison:
    few = f"fewer than {FEWEST_BLOCKS} replicates have both figures"
    why = few if found.ratios else "no replicate has both figures"
    return _told(
        found,
        ratio=math.exp(found.estimate.mean) if found.estimate else None,
        outcome=ComparisonOutcome.INCONCLUSIVE,
        why=found.why or why,
    )


def _claim(found: Difference, p: float, family: int) -> Comparison:
    estimate = found.estimate
    if estimate is None:
        return _no_claim(found)
    shown = estimate.figure(found.ratios)
    outcome = ComparisonOutcome.INCONCLUSIVE if shown.low is None else _outcome(found, estimate, p)
    barred = _why_barred(found, outcome)
    outcome = ComparisonOutcome.INCONCLUSIVE if barred else outcome
    is_open = outcome is ComparisonOutcome.INCONCLUSIVE
    strict = 1 - _ALPHA / family  # the first of Holm's steps
    detectable = estimate.detectable(strict)
    return _told(
        found,
        ratio=shown.mean,
        low=shown.low,
        high=shown.high,
        p=p,
        outcome=outcome,
        detectable=None if detectable is None else math.expm1(detectable),
        blocks_needed=_needed(found, estimate, strict) if is_open else None,
        why=(barred or _why(found, estimate, shown, is_told=p < _ALPHA)) if is_open else None,
    )


def _told(found: Difference, **fields: Any) -> Comparison:
    return Comparison(
        figure=spelled(found.figure),
        of=found.of.cell.title(),
        over=found.over.cell.title(),
        blocks=len(found.ratios),
        **fields,
    )


def _why(found: Difference, estimate: LogEstimate, shown: Figure, *, is_told: bool) -> str | None:
    if shown.low is None:
        return "the replicates lie too far apart for an interval"
    if is_overloaded(found.of, found.over):
        return "one of the two did not carry its load, so the rates differ"
    if not all(may_lie(found.of, found.over, found.figure)):
        return why_not_sound(found.of, found.over, found.figure)
    hidden = _why_hidden(found, estimate) if seems_equal(estimate) else ""
    return (_why_delayed(found, estimate) if is_told else hidden) or None


def _outcome(found: Difference, estimate: LogEstimate, p: float) -> ComparisonOutcome:
    above, below = may_lie(found.of, found.over, found.figure, found.delays_are_known)
    if p < _ALPHA and (above if estimate.mean > 0 else below) and not _why_delayed(found, estimate):
        is_better = estimate.mean * _BETTER[found.figure.rpartition(".")[2]] > 0
        return ComparisonOutcome.IMPROVED if is_better else ComparisonOutcome.REGRESSED
    if p >= _ALPHA and _lies_within(found, estimate):
        return ComparisonOutcome.EQUIVALENT
    return ComparisonOutcome.INCONCLUSIVE


def _lies_within(found: Difference, estimate: LogEstimate) -> bool:
    is_known = all(may_lie(found.of, found.over, found.figure))
    return is_known and seems_equal(estimate) and not _why_hidden(found, estimate)


def _why_delayed(found: Difference, estimate: LogEstimate) -> str:
    """Say that k6's own delay may be all of a difference of latencies; else nothing."""
    if not found.figure.endswith(_TAIL):
        return ""
    return why_delayed(estimate, mean_of(found.over, found.figure) or 0.0, found.delays)


def _why_hidden(found: Difference, estimate: LogEstimate) -> str:
    """Say what may hide a difference of latencies: few samples, or what k6 adds; else nothing."""
    if not found.figure.endswith(_TAIL):
        return ""
    if thin := why_thin(found.of, found.over, found.figure):
        return thin
    return why_hidden(estimate, mean_of(found.over, found.figure) or 0.0, found.own_ms)


def _needed(found: Difference, estimate: LogEstimate, strict: float) -> int | None:
    """Return how many blocks would show the difference found, or that there is none.

    None where no number of them does: what is a bound, or what the generator added, stays it.
    """
    ways = []
    if _is_claimed_at_last(found, estimate, 0.0):
        ways.append(estimate.blocks_needed(abs(estimate.mean), strict))
    if _is_claimed_at_last(found, estimate, 1.0):
        ways.append(estimate.blocks_to_equal(MARGIN, 1 - 2 * _ALPHA))
    return min((blocks for blocks in ways if blocks is not None), default=None)


def _is_claimed_at_last(found: Difference, estimate: LogEstimate, p: float) -> bool:
    """Whether any number of blocks of the same mean would carry a claim, with this p value."""
    outcome = _outcome(found, estimate.without_noise, p)
    return outcome is not ComparisonOutcome.INCONCLUSIVE and not _why_barred(found, outcome)


def _why_barred(found: Difference, outcome: ComparisonOutcome) -> str:
    """Say why an outcome must not be claimed whatever the replicates show; nothing where it may."""
    if (unfair := why_unfair(found.of, found.over, outcome)) or found.at_any_rate:
        return unfair
    return why_at_two_rates(found.of, found.over, found.figure)
