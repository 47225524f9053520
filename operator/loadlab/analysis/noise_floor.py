"""The noise floor: what the control cell differs by from itself.

The first cell runs under two names in every block, and the ratio of the two is taken as that of any
two cells (an A/A test: Kohavi, Tang & Xu, Trustworthy Online Controlled Experiments, 2020, chapter
19). Whatever tells the two apart is no difference of cells: where their interval excludes 1 by more
than chance, those of other comparisons are not to be trusted either. Else they are; but smaller
differences than the noise are not seen, and the noise is low only where the replicates show it: two
one-sided tests put the ratio within 1/1.05 and 1.05 (loadlab.analysis.equivalence). A ratio near 1
of few replicates, or of noisy ones, is luck.

| finding | when, the first that holds                                                          |
|---------|-------------------------------------------------------------------------------------|
| Differs | a ratio lies more than 5 % from 1, p below 0.05 over all figures                    |
| High    | one with an interval is not shown to lie within 5 %                                 |
| Unknown | there is no ratio, or there are too few replicates for an interval                  |
| Low     | all are shown to                                                                    |
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from loadlab import spelling
from loadlab.analysis.blocks import Logs, block_noise
from loadlab.analysis.bounds import CONFIDENCE, EQUIVALENCE_MARGIN
from loadlab.analysis.cells import AnalysedCell
from loadlab.analysis.comparison import Difference, claims, compared_figures
from loadlab.analysis.equivalence import seems_equal
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.intervals import FIGURES, logs_by_cell, usable_by_cell
from loadlab.model.status import Comparison, NoiseFloor
from loadlab.model.trial import TrialRole

_WORDS = {
    "requestsPerSecond": "requests per second",
    "cpuMicros": "CPU per request",
    "p95Ms": "p95",
}


class Finding(StrEnum):
    """What the noise floor says of the comparisons."""

    LOW = "Low"
    HIGH = "High"
    DIFFERS = "Differs"
    UNKNOWN = "Unknown"


def noise_floor(
    analysed: Sequence[AnalysedCell], pilot: int | None = None, *, latency: bool = True
) -> tuple[NoiseFloor, ...]:
    """Compare the control cell with itself; nothing where it did not run under two names.

    `pilot` is the last of the blocks that decided how many there are, if any did.
    """
    again = next((cell for cell in analysed if cell.role is TrialRole.CONTROL_AGAIN), None)
    if again is None:
        return ()
    cells = [cell for cell in analysed if cell is not again]
    known = [replicate for cell in cells for replicate in cell.replicates]
    names = compared_figures([*known, *again.replicates], latency=latency)
    found = [_difference(name, (again, cells[0]), known, pilot) for name in names]
    return tuple(map(_floor, found, claims(found)))


def _floor(found: Difference, told: Comparison) -> NoiseFloor:
    return NoiseFloor(
        figure=told.figure,
        ratio=told.ratio,
        low=told.low,
        high=told.high,
        within_margin=found.estimate is not None and seems_equal(found.estimate),
        blocks=told.blocks,
        p=told.p,
    )


def _difference(
    name: str,
    pair: tuple[AnalysedCell, AnalysedCell],
    known: Iterable[Replicate],
    pilot: int | None,
) -> Difference:
    again, control = pair
    table = _logs(name, known)
    title = control.row.cell.title()
    of, over = _logs(name, again.replicates).get(title, {}), table.get(title, {})
    noise = block_noise([*table.values(), of], pilot)
    logs = [of[block] - over[block] for block in sorted(of.keys() & over.keys())]
    estimate = LogEstimate.of_difference(logs, noise) if logs else None
    return Difference(name, again.row, control.row, tuple(map(math.exp, logs)), estimate)


def _logs(name: str, replicates: Iterable[Replicate]) -> Mapping[str, Logs]:
    return logs_by_cell(usable_by_cell(replicates), FIGURES[name])


def judge_floor(floors: Sequence[NoiseFloor]) -> tuple[Finding, str]:
    """Say whether comparisons can be trusted, and the figures that say so in words."""
    if apart := [floor for floor in floors if _differs(floor)]:
        return Finding.DIFFERS, told(apart)
    open_ones = [floor for floor in floors if not floor.within_margin]
    if high := [floor for floor in open_ones if floor.p is not None]:
        return Finding.HIGH, told(high)
    if open_ones:
        return Finding.UNKNOWN, told(open_ones)
    return Finding.LOW, told(floors)


def _differs(floor: NoiseFloor) -> bool:
    if floor.ratio is None or floor.p is None:
        return False
    return abs(floor.ratio - 1) > EQUIVALENCE_MARGIN and floor.p < 1 - CONFIDENCE


def told(floors: Iterable[NoiseFloor]) -> str:
    """Spell the figures, such as CPU per request 1.01 [0.99, 1.03], p95 1.02 [0.97, 1.07]."""
    return ", ".join(f"{_WORDS.get(it.figure, it.figure)} {_ratio(it)}" for it in floors)


def _ratio(floor: NoiseFloor) -> str:
    if floor.ratio is None:
        return "unknown"
    return spelling.interval(floor.ratio, floor.low, floor.high, spelling.ratio)
