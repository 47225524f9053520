"""How many blocks the wanted half width takes, and what was achieved.

Stein's two stages (Annals of Mathematical Statistics 16, 1945): the noise of the first blocks alone
says how many there are, so their number does not depend on what they show, and an interval by that
noise covers what it says whatever the number. The half width is that of each ratio to its control,
as `comparison` takes it; where no cell has a control, that of each mean. A cell without an interval
is named: of one that lost trials the missing blocks are made up for, of one that is Unsound,
Overloaded or has no usable trial at all nothing is asked, as no number of blocks makes it known.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadlab import spelling
from loadlab.analysis.blocks import block_noise
from loadlab.analysis.bounds import FEWEST_BLOCKS, MOST_BLOCKS_NAMED, WIDEST_INTERVAL
from loadlab.analysis.comparison import difference_of
from loadlab.analysis.controls import controls_of
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.intervals import FIGURES, logs_by_cell, usable_by_cell
from loadlab.analysis.row_figures import standing_beside
from loadlab.base.text import fit
from loadlab.model.spec.precision import Precision, PrecisionFigure
from loadlab.model.status import LoadOutcome, PrecisionResult, ResultRow, Standing
from loadlab.plan import Plan

_FIGURES = {
    PrecisionFigure.REQUESTS_PER_SECOND: "requests_per_second",
    PrecisionFigure.CPU_MICROS: "cpu_micros",
    PrecisionFigure.P95_MS: "p95_ms",
}

_WIDEST = math.sqrt(WIDEST_INTERVAL) - 1  # the half width beyond which no interval is shown
_MOST_NAMED, _LONGEST_NAME = 2, 48  # of cells without an interval: cells, characters of each
_NO_INTERVAL = (
    f"fewer than {FEWEST_BLOCKS} replicates of a cell and its control are usable, or one of the "
    "two is Unsound or Overloaded; status.results says which"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one figure of a cell, beside its control where it has one."""

    cell: str
    may_be_known: bool  # by more blocks, if not yet
    estimate: LogEstimate | None  # None without a usable block

    @property
    def half(self) -> float | None:
        """Half of its interval's width, on the logarithms; None where it has none."""
        return self.estimate.half() if self.estimate and self.may_be_known else None

    @property
    def lost(self) -> int:
        """How many blocks more make an interval of those that are usable; 0 where none would."""
        if self.estimate is None or not self.may_be_known:
            return 0
        return max(0, FEWEST_BLOCKS - self.estimate.blocks)


@dataclass(frozen=True, slots=True)
class HalfWidth:
    """The half widths of one figure over all cells."""

    cells: tuple[Known, ...]

    @property
    def widest(self) -> float | None:
        """The widest as a share, upwards; None without an interval."""
        halves = [half for each in self.cells if (half := each.half) is not None]
        return math.expm1(max(halves)) if halves else None

    @property
    def is_short(self) -> bool:
        """Whether a cell lacks the blocks that would give it an interval."""
        return any(each.lost for each in self.cells)

    @property
    def unknown(self) -> str:
        """Names of a few cells without an interval, and how many others there are; else empty."""
        without = [each.cell for each in self.cells if each.half is None]
        told = ", ".join(fit(title, _LONGEST_NAME) for title in without[:_MOST_NAMED])
        more = len(without) - _MOST_NAMED
        return f"{told} and {more} more" if more > 0 else told

    def blocks_for(self, share: float, so_far: int) -> int | None:
        """Return how many blocks make the widest as narrow as a share; None without an interval.

        A block of which a cell has no usable trial stays without one. One that has too few for an
        interval takes at least those that it lacks.
        """
        return max(self._needed(share, so_far), default=None)

    def _needed(self, share: float, so_far: int) -> Iterator[int]:
        for each in self.cells:
            if each.lost:
                yield so_far + each.lost
            elif each.estimate is not None and each.half is not None:
                blocks = each.estimate.blocks_for(math.log1p(share))
                yield so_far + (blocks or 0) - each.estimate.blocks


def plan_precision(
    plan: Plan,
    rows: Sequence[ResultRow],
    replicates: Sequence[Replicate],
    in_time: int | None = None,
) -> PrecisionResult | None:
    """Return how many blocks there are to be, by the first ones; None where none is asked for.

    `in_time` is how many there is time for; None where that is not known.
    """
    wanted = plan.context.spec.precision
    if wanted is None:
        return None
    pilot = plan.context.spec.replicates
    found = _half_width(wanted, rows, replicates, None)
    needed = found.blocks_for(wanted.share, pilot)
    most, limit = _most_blocks(plan, wanted, in_time)
    blocks = pilot if needed is None else min(needed, most)
    told = PrecisionResult(
        figure=wanted.figure.value,
        wanted=wanted.share,
        pilot=pilot,
        blocks=blocks,
        needed=needed,
        limited_by=limit if needed is not None and needed > blocks else None,
    )
    return told.model_copy(update={"message": _planned(told, found)})


def judge_precision(
    plan: Plan,
    planned: PrecisionResult | None,
    rows: Sequence[ResultRow],
    replicates: Sequence[Replicate],
) -> PrecisionResult | None:
    """Return what was achieved of the precision that was asked for; None where none was."""
    wanted = plan.context.spec.precision
    if wanted is None:
        return None
    pilot, blocks = plan.context.spec.replicates, plan.context.replicates
    known = planned or PrecisionResult(
        figure=wanted.figure.value, wanted=wanted.share, pilot=pilot, blocks=blocks
    )
    found = _half_width(wanted, rows, replicates, pilot)
    done = max((replicate.block for replicate in replicates), default=0)
    told = known.model_copy(update={"achieved": found.widest})
    is_missed = told.achieved is not None and told.achieved > wanted.share
    if is_missed or found.is_short:
        told = told.model_copy(update={"needed": found.blocks_for(wanted.share, done)})
    is_shown = told.achieved is not None and told.achieved <= _WIDEST
    shown = told.achieved if is_shown else None
    message = _judged(told, found, done)
    return told.model_copy(update={"achieved": shown, "message": message})


def _half_width(
    wanted: Precision, rows: Sequence[ResultRow], replicates: Sequence[Replicate], pilot: int | None
) -> HalfWidth:
    """Mark what no number of blocks makes known: what is unsound, or was overloaded."""
    figure = _FIGURES[wanted.figure]
    table = logs_by_cell(usable_by_cell(replicates), FIGURES[figure])
    noise = block_noise(list(table.values()), pilot)
    pairs = controls_of(rows)
    if pairs:
        differences = [difference_of(figure, pair, table, noise) for pair in pairs]
        return HalfWidth(
            tuple(
                Known(
                    each.of.cell.title(), _may_be_known(figure, each.of, each.over), each.estimate
                )
                for each in differences
            )
        )
    known = []
    for row in rows:
        title = row.cell.title()
        logs = list(table.get(title, {}).values())
        estimate = LogEstimate.of_mean(logs, noise) if logs else None
        known.append(Known(title, _may_be_known(figure, row), estimate))
    return HalfWidth(tuple(known))


def _may_be_known(figure: str, *rows: ResultRow) -> bool:
    """Whether more blocks make it known: they have more samples, too, where those are few."""
    return all(
        standing_beside(row, figure) is not Standing.UNSOUND
        and row.load is not LoadOutcome.OVERLOADED
        for row in rows
    )


def _most_blocks(plan: Plan, wanted: Precision, in_time: int | None) -> tuple[int, str]:
    """Return how many blocks may be made, and the field of the spec that says so."""
    limits = [
        (wanted.max_replicates, "precision.maxReplicates"),
        (plan.context.spec.max_trials // len(plan.arms), "maxTrials"),
    ]
    if in_time is not None:
        limits.append((in_time, "timeouts.total"))
    return min(limits, key=lambda limit: limit[0])


def _planned(told: PrecisionResult, found: HalfWidth) -> str:
    goal = f"{told.figure} within {_percent(told.wanted)}"
    apart = f"; no interval so far: {found.unknown}" if found.unknown else ""
    if told.needed is None:
        return (
            f"{told.figure} has no interval in any cell after {told.pilot} replicates, so no more "
            f"are made: {_NO_INTERVAL}"
        )
    if told.limited_by:
        return (
            f"{goal} takes {_many(told.needed)} replicates of each cell; {told.blocks} are made, "
            f"as many as {told.limited_by} allows{apart}"
        )
    if told.blocks == told.pilot:
        never = f"; no number of them gives an interval: {found.unknown}" if found.unknown else ""
        return f"{goal} takes no more than the first {told.pilot} replicates{never}"
    return f"{goal} takes {told.needed} replicates of each cell{apart}"


def _judged(told: PrecisionResult, found: HalfWidth, done: int) -> str:
    if told.achieved is None:
        return f"{told.figure} has no interval in any cell: {_NO_INTERVAL}"
    if told.achieved > _WIDEST:
        known = f"{told.figure} is not known: {done} replicates lie too far apart for an interval"
    else:
        known = f"{told.figure} is known within {_percent(told.achieved)} after {done} replicates"
        if found.unknown:
            known += f", but not of {found.unknown}: without an interval (status.results says why)"
    if told.needed is None or (told.achieved <= told.wanted and not found.is_short):
        return known
    if told.needed > MOST_BLOCKS_NAMED:
        way = "ask for a wider precision.halfWidth"
    else:
        way = f"raise {told.limited_by}" if told.limited_by else "set replicates higher"
    return f"{known}; {_percent(told.wanted)} takes {_many(told.needed)}: {way}"


def _percent(share: float) -> str:
    return f"{spelling.number(100 * share)} %"


def _many(blocks: int) -> str:
    return str(blocks) if blocks <= MOST_BLOCKS_NAMED else f"more than {MOST_BLOCKS_NAMED}"
