"""An alternative is better than the best cell in one figure, and worse than it in another."""

import math

from loadlab.analysis.best import choose
from loadlab.analysis.pairs import Terms
from loadlab.catalogue import Cell
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_best import best_of, replicates_of

QUIET = (0.0, 0.01, -0.01, 0.005, -0.005)
NOISY = (0.25, -0.25, 0.12, -0.12, 0.0)


def test_what_is_only_worse_than_another_cell_is_none() -> None:
    """It has a longer tail than `short`, and was told as worse than `noisy`, too."""
    cells = {
        "noisy": (1004.0, 500.0, 36.0, NOISY),
        "short": (1002.0, 500.0, 30.0, QUIET),
        "cheap": (1000.0, 300.0, 40.0, QUIET),
    }
    replicates = [
        sized(Cell(variant=name), block, rate * math.exp(own), cpu, p95 * math.exp(spread))
        for name, (rate, cpu, p95, spreads) in cells.items()
        for block, spread in enumerate(spreads)
        for own in (QUIET[block],)
    ]

    found = choose(rows_of(replicates), replicates).best

    assert found is not None
    assert (found.cell, found.tied_with, found.alternatives) == ("noisy", ("short",), ())


def test_what_it_is_better_in_is_known_figure_by_figure() -> None:
    """The first alternative alone is told of, and each figure at the rate that it was seen at."""
    cells = {
        "fast": (200.0, 500.0, 60.0),
        "slow": (100.0, 300.0, 40.0),
        "slower": (80.0, 300.0, 40.0),
    }
    replicates = replicates_of(cells, 5)

    prices = choose(rows_of(replicates), replicates, Terms(own_ms=0.0)).prices

    assert best_of(cells).alternatives == ("slow", "slower")
    assert [(found.of, found.over, found.figure, found.outcome) for found in prices] == [
        ("slow", "fast", "p95Ms", Outcome.IMPROVED),
        ("slow", "fast", "cpuMicros", Outcome.IMPROVED),
    ]
