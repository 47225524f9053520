"""A cell leaves that is clearly worse than any other one, not than that of the best mean alone."""

import math
from collections.abc import Mapping, Sequence

import pytest

from loadlab.analysis.best import Choice, choose
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.recommendation import recommend
from loadlab.catalogue import Cell
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of, sized

QUIET = (0.0, 0.01, -0.01, 0.005, -0.005)
NOISY = (0.25, -0.25, 0.12, -0.12, 0.0)  # 20 %
RATES = {"sync": 1004.0, "async": 1002.0, "asyncpg": 1000.0}  # apart by chance
Costs = Mapping[str, tuple[float, Sequence[float]]]


def costing(cells: Costs) -> list[Replicate]:
    """Place trials of a CPU per request and its deviations, all else alike."""
    return [
        sized(
            Cell(variant=name),
            block,
            RATES[name] * math.exp(QUIET[(block + place) % 5]),
            cpu * math.exp(spread),
            40.0 * math.exp(QUIET[(block + place + 2) % 5]),
        )
        for place, (name, (cpu, spreads)) in enumerate(cells.items())
        for block, spread in enumerate(spreads)
    ]


def chosen(cells: Costs) -> tuple[Choice, str]:
    replicates = costing(cells)
    rows = rows_of(replicates)
    choice = choose(rows, replicates)
    (sentence,) = recommend(rows, choice, compare_cells(rows, replicates), ())
    return choice, sentence


@pytest.mark.parametrize("spreads", [NOISY, QUIET[:2]], ids=["noise", "two replicates"])
def test_the_best_mean_protects_nobody_by_its_noise(spreads: Sequence[float]) -> None:
    """The dearest was the best, as nothing told it from the cheapest, and had the higher rate."""
    dear, cheap, unsure = (1000.0, QUIET), (850.0, QUIET[::-1]), (800.0, spreads)

    choice, sentence = chosen({"sync": dear, "async": cheap, "asyncpg": unsure})

    assert choice.best is not None
    assert (choice.best.cell, choice.best.tied_with) == ("async", ("asyncpg",))
    assert sentence.startswith("Take async, or asyncpg as well: async has 0.85 [")


def test_of_a_pair_that_a_comparison_tells_apart_it_is_not_said_that_nothing_does() -> None:
    """By 3 % nobody leaves: of the two it was said that nothing tells them apart."""
    dear, cheap = (1030.0, QUIET), (1000.0, QUIET)
    replicates = costing({"sync": dear, "async": cheap})
    compared = compare_cells(rows_of(replicates), replicates)

    choice, sentence = chosen({"sync": dear, "async": cheap})

    assert {c.figure: c.outcome for c in compared}["cpuMicros"] is Outcome.IMPROVED
    assert choice.best is not None
    assert choice.best.tied_with == ("async",)
    assert sentence.startswith(
        "None of sync and async is known to be the best: async has 0.971 [0.971, 0.971] of sync's "
        "CPU per request; of the rest nothing is told in p95: what k6 itself adds"
    )
