"""The best cell carries most, with short tails, and is never chosen by its cost alone."""

import math
import random
from collections.abc import Mapping
from dataclasses import replace

import pytest

from loadlab.analysis.best import choose
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.pairs import Terms
from loadlab.catalogue import Cell
from loadlab.model.status import Best, LatencyMs, LoadOutcome, RequestRow, ResultRow, Validity
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of, sized

NOISE = (1.0, 1.01, 0.99, 1.005, 0.995)
# The published wells: a call that blocks the event loop costs least and is the worst to live with.
WELLS = {
    "blocking": (87.0, 3000.0, 283.0),
    "def": (154.0, 4000.0, 188.0),
    "threadpool": (157.0, 4100.0, 187.0),
    "async": (157.0, 3600.0, 183.0),
}


def replicates_of(cells: Mapping[str, tuple[float, float, float]], blocks: int) -> list[Replicate]:
    """Place trials of requests per second, CPU and p95, with 1 % of noise."""
    return [
        sized(Cell(variant=name), block, *(figure * noise for figure in figures))
        for place, (name, figures) in enumerate(cells.items())
        for block in range(blocks)
        for noise in (NOISE[(block + place) % 5],)
    ]


def best_of(cells: Mapping[str, tuple[float, float, float]], blocks: int = 5) -> Best:
    replicates = replicates_of(cells, blocks)
    found = choose(rows_of(replicates), replicates).best
    assert found is not None
    return found


def ahead_of_equals(cells: int, blocks: int, experiments: int) -> int:
    """Count experiments of equal cells, at 5 % noise, in which one is said to be ahead."""
    chance = random.Random(7)

    def draw(figure: float) -> float:
        return figure * math.exp(chance.gauss(0, 0.05))

    ahead = 0
    for _ in range(experiments):
        replicates = [
            sized(Cell(variant=f"v{cell}"), block, draw(1000), draw(500), draw(40))
            for cell in range(cells)
            for block in range(blocks)
        ]
        found = choose(rows_of(replicates), replicates).best
        assert found is not None
        ahead += found.lead is not None
    return ahead


@pytest.mark.parametrize(("cells", "experiments"), [(2, 60), (6, 30)])
def test_of_equal_cells_none_is_ahead(cells: int, experiments: int) -> None:
    """Taken alone, each pair at 5 %, one of six was in a third of all experiments."""
    assert ahead_of_equals(cells, 5, experiments) <= 0.05 * experiments


@pytest.mark.parametrize("blocks", [1, 2, 3, 5])
def test_a_blocking_call_is_never_the_best_however_cheap(blocks: int) -> None:
    found = best_of(WELLS, blocks)

    assert found.cell in {"async", "threadpool"}
    assert ("blocking" in found.tied_with) == (blocks < 3)


def test_cost_decides_among_those_that_carry_as_much_with_tails_as_short() -> None:
    found = best_of(WELLS)

    assert (found.cell, found.tied_with) == ("async", ())
    assert found.alternatives == ("blocking",)
    assert found.lead is not None
    assert (found.lead.over, found.lead.figure) == ("threadpool", "cpuMicros")
    assert found.lead.outcome is Outcome.IMPROVED
    assert found.lead.ratio == pytest.approx(3600 / 4100, rel=0.01)


def test_what_cannot_be_told_from_it_is_named() -> None:
    found = best_of({"a": (1000.0, 500.0, 40.0), "b": (1004.0, 501.0, 40.1), "c": (700, 800, 60)})

    assert (found.cell, found.tied_with, found.alternatives) == ("b", ("a",), ())
    assert found.lead is not None
    assert (found.lead.over, found.lead.figure) == ("c", "requestsPerSecond")


def cheaper_by_chance_of_two_percent(**change: object) -> Best | None:
    """Both carry as much with tails as short; that one is dearer has a p of 0.02 alone."""
    spread = (0.0, 0.1, -0.1, 0.05, -0.05)
    replicates = [
        sized(Cell(variant=name), block, 1000 + block, 500 * math.exp(gain), 40 + block)
        for name, gains in (("cheap", [0.0] * 5), ("dear", [0.1326 + each for each in spread]))
        for block, gain in enumerate(gains)
    ]
    rows = [row.model_copy(update=change) for row in rows_of(replicates)]
    return choose(rows, replicates).best


def test_a_rate_that_both_were_offered_is_no_comparison_of_theirs() -> None:
    """With it three figures are looked at, and 0.02 is no more than chance."""
    closed, offered = (
        cheaper_by_chance_of_two_percent(load=load) for load in (None, LoadOutcome.KEPT)
    )

    assert closed is not None
    assert (closed.lead, len(closed.tied_with)) == (None, 1)
    assert offered is not None
    assert offered.lead is not None
    assert (offered.cell, offered.lead.figure) == ("cheap", "cpuMicros")
    assert offered.lead.p == pytest.approx(0.04, abs=0.001)


def test_its_own_rate_and_tail_are_told() -> None:
    found = best_of({"fast": (200.0, 500.0, 60.0), "slow": (100.0, 500.0, 40.0)})

    assert found.requests_per_second == pytest.approx(200, rel=0.01)
    assert found.p95_ms == pytest.approx(60, rel=0.01)


def test_what_carries_most_comes_before_a_shorter_tail() -> None:
    found = best_of({"fast": (200.0, 500.0, 60.0), "slow": (100.0, 500.0, 40.0)})

    assert (found.cell, found.alternatives) == ("fast", ("slow",))


def test_ten_are_named_of_those_that_are_tied_and_of_the_others() -> None:
    alike = {f"alike-{number:02}": (200.0, 500.0, 40.0) for number in range(12)}
    cheaper = {f"cheap-{number:02}": (100.0, 300.0, 40.0) for number in range(11)}

    replicates = replicates_of(alike, 2)
    found = choose(rows_of(replicates), replicates)

    assert found.best is not None
    assert len(found.best.tied_with) == 10
    assert len({each.over for each in found.among}) == 10
    assert len(best_of({"fast": (200.0, 500.0, 40.0)} | cheaper).alternatives) == 10


def test_two_replicates_name_everything_as_tied() -> None:
    found = best_of({"slow": (100.0, 500.0, 40.0), "fast": (200.0, 500.0, 40.0)}, blocks=2)

    assert (found.cell, found.tied_with, found.lead) == ("fast", ("slow",), None)


def test_rates_that_were_offered_and_kept_are_equal_and_tails_decide() -> None:
    """It named the slower and dearer variant once, for 600.25 of 600.15 requests a second."""
    cells = {"slower": (600.25, 900.0, 30.0), "faster": (600.15, 500.0, 10.0)}
    replicates = replicates_of(cells, 2)
    kept = [row.model_copy(update={"load": LoadOutcome.KEPT}) for row in rows_of(replicates)]

    found = choose(kept, replicates).best

    assert found is not None
    assert found.cell == "faster"


def test_a_lower_bound_is_not_beaten_by_a_higher_one() -> None:
    """Nor is the higher one by what a request costs at another rate: it was."""
    cells = {"a": (1000.0, 400.0, 40.0), "b": (1200.0, 500.0, 40.0)}
    replicates = replicates_of(cells, 5)
    rows = [
        row.model_copy(
            update={"requests_per_second": row.requests_per_second.as_lower_bound("Slow")}
        )
        for row in rows_of(replicates)
        if row.requests_per_second
    ]

    found = choose(rows, replicates).best

    assert found is not None
    assert (found.cell, found.tied_with, found.lead) == ("b", ("a",), None)


@pytest.mark.parametrize(
    "change",
    [{"validity": Validity.INVALID}, {"latency_ms": None}, {"load": LoadOutcome.OVERLOADED}],
)
def test_an_unusable_cell_is_never_the_best(change: dict[str, object]) -> None:
    replicates = replicates_of({"a": (1000.0, 400.0, 40.0)}, 3)
    unfit: list[ResultRow] = [row.model_copy(update=change) for row in rows_of(replicates)]

    found = choose(unfit, replicates)

    assert (found.best, found.are_alike) == (None, False)


def beside_ping(name: str, block: int, rate: float, cpu: float, ping_ms: float) -> Replicate:
    """Place a trial whose own requests are alike, and that holds pings up or not."""
    placed = sized(Cell(variant=name), block, rate, cpu, 30.0)
    ping = LatencyMs(avg=1, min=1, med=1, p90=ping_ms, p95=ping_ms, p99=ping_ms, max=ping_ms)
    return replace(placed, trial=replace(placed.trial, latency_by_request={"ping": ping}))


def test_a_cell_that_holds_up_the_requests_beside_its_load_is_not_the_best() -> None:
    """At one offered rate, below saturation, a blocking call is as fast as any, and cheapest."""
    cells = {"blocking": (3000.0, 80.0), "def": (4000.0, 3.0)}
    replicates = [
        beside_ping(name, block, 100.0, cpu * NOISE[block], ping * NOISE[-1 - block])
        for name, (cpu, ping) in cells.items()
        for block in range(5)
    ]
    rows = [
        row.model_copy(
            update={
                "by_request": (
                    RequestRow(
                        name="ping",
                        requests=100,
                        failed_rate=0.0,
                        latency_ms=LatencyMs(
                            avg=1, min=1, med=1, p90=1, p95=cells[row.cell.variant][1], p99=1, max=1
                        ),
                    ),
                )
            }
        )
        for row in rows_of(replicates)
    ]

    choice = choose(rows, replicates, Terms(beside="ping"))
    alone = choose(rows, replicates).best

    found = choice.best
    assert found is not None
    assert (found.cell, found.tied_with, found.alternatives) == ("def", (), ())
    assert choice.set_aside == {"blocking": "holds up ping: p95 80 ms, and 3 ms in def"}
    assert alone is not None
    assert alone.cell == "blocking"
