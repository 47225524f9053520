"""In a closed loop at two rates nothing is claimed that depends on the rate."""

import math
from collections.abc import Mapping, Sequence

import pytest

from loadlab.analysis.best import choose
from loadlab.analysis.claim_limits import why_at_two_rates
from loadlab.analysis.comparison import compare_cells
from loadlab.catalogue import Cell
from loadlab.model.status import Comparison, LoadOutcome, ResultRow
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_best import NOISE

WHY = "at 2,000 and 200 requests/s, on which it depends: offer one rate (load.purpose Compare)"
POOLS = {2: (200.0, 100.0, 100.0), 20: (2000.0, 60.0, 10.0)}  # rate, CPU and p95: 20 users


def compared(
    cells: Mapping[int, tuple[float, float, float]], *, latency: bool = True
) -> dict[str, Comparison]:
    """Compare pools of the same code, whose idle CPU is spread over more requests."""
    replicates = [
        sized(Cell(variant="sync", pool_size=size), block, *(figure * noise for figure in figures))
        for place, (size, figures) in enumerate(cells.items())
        for block in range(5)
        for noise in (NOISE[(block + place) % 5],)
    ]
    found = compare_cells(rows_of(replicates), replicates, own_ms=0.2, latency=latency)
    return {c.figure: c for c in found}


@pytest.mark.parametrize("latency", [True, False])
def test_cpu_and_p95_at_unequal_rates_are_no_gains_beside_that_of_the_rate(latency: bool) -> None:
    """Both were Improved: 0.6 of the CPU, and a p95 that is users divided by throughput."""
    rate, *others = compared(POOLS, latency=latency).values()

    assert rate.outcome is Outcome.IMPROVED
    assert {(c.outcome, c.why, c.blocks_needed) for c in others} == {
        (Outcome.INCONCLUSIVE, WHY, None)
    }


def test_the_ratio_and_its_interval_are_kept() -> None:
    cost = compared(POOLS)["cpuMicros"]

    assert cost.ratio == pytest.approx(0.6, rel=0.01)
    assert cost.low is not None
    assert cost.high is not None
    assert cost.low < 0.6 < cost.high


@pytest.mark.parametrize(
    ("rate", "outcome"), [(1049.0, Outcome.IMPROVED), (1051.0, Outcome.INCONCLUSIVE)]
)
def test_rates_are_apart_beyond_the_margin_of_equivalence(rate: float, outcome: Outcome) -> None:
    found = compared({2: (1000.0, 100.0, 40.0), 20: (rate, 60.0, 30.0)})

    assert {found[name].outcome for name in ("cpuMicros", "p95Ms")} == {outcome}


def rows_at(*rates: float, **change: object) -> Sequence[ResultRow]:
    cells = [Cell(variant="sync", pool_size=size) for size in range(len(rates))]
    placed = [sized(c, b, r, 1.0, 1.0) for c, r in zip(cells, rates, strict=True) for b in (0, 1)]
    return [row.model_copy(update=change) for row in rows_of(placed)]


def why_at(rows: Sequence[ResultRow], figure: str) -> str:
    of, over = rows
    return why_at_two_rates(of, over, figure)


@pytest.mark.parametrize("figure", ["requests_per_second", "ping.p95_ms"])
def test_other_figures_do_not_depend_on_it(figure: str) -> None:
    assert why_at(rows_at(200.0, 2000.0), figure) == ""


@pytest.mark.parametrize(
    "change", [{"load": LoadOutcome.KEPT}, {"requests_per_second": None}], ids=["offered", "none"]
)
def test_a_rate_that_was_offered_or_is_not_known_is_no_reason(change: Mapping[str, object]) -> None:
    assert why_at(rows_at(200.0, 2000.0, **change), "cpu_micros") == ""


def test_the_reason_fits_the_status_at_any_rate() -> None:
    assert len(why_at(rows_at(123_456.0, 234_567.0), "cpu_micros")) <= 100


def test_cost_decides_nothing_at_rates_that_noise_left_apart() -> None:
    """Neither is shown to carry more; that one is cheaper may be what it carried more of."""
    spreads = (0.2, -0.2, 0.1, -0.1, 0.0)
    replicates = [
        sized(Cell(variant=name), block, rate * math.exp(own), cpu * NOISE[block], 40.0)
        for name, rate, cpu, sign in (("a", 1000.0, 500.0, 1), ("b", 1080.0, 400.0, -1))
        for block, spread in enumerate(spreads)
        for own in (sign * spread,)
    ]

    choice = choose(rows_of(replicates), replicates)

    best = choice.best
    assert best is not None
    assert (best.cell, best.tied_with, best.lead) == ("b", ("a",), None)
    (cost,) = [found for found in choice.among if found.figure == "cpuMicros"]
    assert cost.why
    assert cost.why.startswith("at 1,080 and 1,000 requests/s, on which it depends")
