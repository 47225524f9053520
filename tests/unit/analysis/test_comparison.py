"""A difference is claimed where the blocks show it, and where they don't it says what would."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.comparison import compare_cells, holm
from loadlab.analysis.controls import controls_of
from loadlab.analysis.expectation import Replicate
from loadlab.catalogue import Cell
from loadlab.model.status import Comparison, LoadOutcome
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of, sized

WEATHER = (1.0, 0.7, 1.2, 0.9, 1.1)
NOISE = (1.0, 1.01, 0.99, 1.005, 0.995)
SYNC, ASYNC = Cell(variant="sync", workers=1), Cell(variant="async", workers=1)


def cell_at(cell: Cell, rate: float, cpu: float, p95: float, blocks: int = 5) -> list[Replicate]:
    """Place trials whose noise of 1 % hits each cell in blocks of its own."""
    shift = len(cell.variant)
    return [
        sized(
            cell,
            block,
            rate * WEATHER[block] * NOISE[(block + shift) % 5],
            cpu * NOISE[(block + shift) % 5],
            p95 / WEATHER[block] * NOISE[(block + shift) % 5],
        )
        for block in range(blocks)
    ]


def compared(replicates: Sequence[Replicate]) -> dict[str, Comparison]:
    found = compare_cells(rows_of(replicates), replicates, own_ms=0.5)
    return {c.figure: c for c in found}


def test_better_is_more_requests_less_cpu_and_shorter_tails() -> None:
    found = compared([*cell_at(SYNC, 1000, 600, 40), *cell_at(ASYNC, 1040, 400, 50)])

    assert {name: c.outcome for name, c in found.items()} == {
        "requestsPerSecond": Outcome.IMPROVED,
        "cpuMicros": Outcome.IMPROVED,
        "p95Ms": Outcome.REGRESSED,
    }
    cpu = found["cpuMicros"]
    assert (cpu.of, cpu.over, cpu.blocks) == ("async/workers=1", "sync/workers=1", 5)
    assert cpu.ratio == pytest.approx(2 / 3)
    assert cpu.low is not None
    assert cpu.high is not None
    assert cpu.low < 2 / 3 < cpu.high
    assert cpu.p is not None
    assert cpu.p < 0.001
    assert cpu.blocks_needed is None


def test_a_difference_of_no_matter_is_equivalent() -> None:
    found = compared([*cell_at(SYNC, 1000, 600, 40), *cell_at(ASYNC, 1002, 601, 40.1)])

    assert {c.outcome for c in found.values()} == {Outcome.EQUIVALENT}


def test_what_the_blocks_do_not_show_says_how_many_would() -> None:
    noisy = [
        sized(cell, block, 1000 * gain * spread, 500, 40)
        for cell, gain, spreads in (
            (SYNC, 1.0, (1, 1.1, 0.9, 1.05, 0.95)),
            (ASYNC, 1.08, (1.1, 0.9, 1, 0.95, 1.05)),
        )
        for block, spread in enumerate(spreads)
    ]

    rate = compared(noisy)["requestsPerSecond"]

    assert rate.outcome is Outcome.INCONCLUSIVE
    assert rate.p is not None
    assert rate.p > 0.05
    assert rate.detectable is not None
    assert rate.detectable > 0.08
    assert rate.blocks_needed is not None
    assert 50 < rate.blocks_needed < 200


def test_two_blocks_carry_no_claim() -> None:
    found = compared(
        [*cell_at(SYNC, 1000, 600, 40, blocks=2), *cell_at(ASYNC, 9000, 400, 50, blocks=2)]
    )

    rate = found["requestsPerSecond"]
    assert (rate.outcome, rate.low, rate.p) == (Outcome.INCONCLUSIVE, None, None)
    assert rate.ratio == pytest.approx(9, rel=0.05)
    assert rate.why == "fewer than 3 replicates have both figures"


def test_an_interval_beyond_three_to_one_carries_no_claim() -> None:
    spread = [
        sized(cell, block, rate, 500, 40)
        for cell, rates in ((SYNC, (100, 100, 100)), (ASYNC, (1000, 5000, 20_000)))
        for block, rate in enumerate(rates)
    ]

    rate = compared(spread)["requestsPerSecond"]

    assert (rate.outcome, rate.low) == (Outcome.INCONCLUSIVE, None)
    assert rate.why == "the replicates lie too far apart for an interval"


@pytest.mark.parametrize(
    ("bounded", "outcomes"),
    [
        ({"sync"}, (Outcome.INCONCLUSIVE, Outcome.REGRESSED)),
        ({"async"}, (Outcome.IMPROVED, Outcome.INCONCLUSIVE)),
        ({"sync", "async"}, (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE)),
    ],
    ids=["control", "cell", "both"],
)
def test_a_lower_bound_carries_claims_in_one_direction_at_most(
    bounded: set[str], outcomes: tuple[Outcome, Outcome]
) -> None:
    """The cell is faster, then slower, than its control."""
    for rate, outcome in zip((1500, 700), outcomes, strict=True):
        replicates = [*cell_at(SYNC, 1000, 600, 40), *cell_at(ASYNC, rate, 600, 40)]
        rows = [
            row.model_copy(
                update={"requests_per_second": row.requests_per_second.as_lower_bound("Slow")}
            )
            if row.requests_per_second and row.cell.variant in bounded
            else row
            for row in rows_of(replicates)
        ]

        found = compare_cells(rows, replicates)[0]

        assert (found.figure, found.outcome) == ("requestsPerSecond", outcome)
        assert (found.why is None) == (outcome is not Outcome.INCONCLUSIVE)


def test_a_cell_that_did_not_carry_its_load_is_compared_with_nothing() -> None:
    replicates = [*cell_at(SYNC, 1000, 600, 40), *cell_at(ASYNC, 1500, 400, 50)]
    sync, other = rows_of(replicates)
    overloaded = other.model_copy(update={"load": LoadOutcome.OVERLOADED})

    found = compare_cells([sync, overloaded], replicates)

    assert {c.outcome for c in found} == {Outcome.INCONCLUSIVE}
    assert {c.why for c in found} == {"one of the two did not carry its load, so the rates differ"}


def test_each_cell_has_the_first_variant_at_its_own_levels_as_control() -> None:
    cells = [
        Cell(variant=variant, workers=workers, consumers=2 if variant == "queued" else None)
        for variant in ("sync", "async", "queued")
        for workers in (1, 2)
    ]
    rows = rows_of(each for cell in cells for each in cell_at(cell, 1, 1, 1))

    assert {of.cell.title(): over.cell.title() for of, over in controls_of(rows)} == {
        "sync/workers=2": "sync/workers=1",
        "async/workers=1": "sync/workers=1",
        "async/workers=2": "sync/workers=2",
        "queued/workers=1/consumers=2": "sync/workers=1",
        "queued/workers=2/consumers=2": "sync/workers=2",
    }


def test_one_cell_is_compared_with_nothing() -> None:
    assert compare_cells(rows_of(cell_at(SYNC, 1, 1, 1)), cell_at(SYNC, 1, 1, 1)) == ()


@pytest.mark.parametrize(("cells", "figures"), [(10, 3), (40, 2), (90, 1)])
def test_a_large_sweep_has_as_many_figures_as_fit(cells: int, figures: int) -> None:
    replicates = [
        each
        for users in range(1, cells + 1)
        for each in cell_at(Cell(variant="sync", virtual_users=users), 1, 1, 1, blocks=3)
    ]

    found = compare_cells(rows_of(replicates), replicates)

    assert len(found) == (cells - 1) * figures <= 100


def test_holm_steps_down() -> None:
    """Holm's own order: 4 times the least, 3 times the next, and never less than before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), max_size=8))
def test_adjusted_doubts_keep_their_order_and_lie_between_their_own_and_bonferronis(
    doubts: list[float],
) -> None:
    found = holm(doubts)

    assert sorted(range(len(doubts)), key=lambda i: (found[i], doubts[i])) == sorted(
        range(len(doubts)), key=lambda i: doubts[i]
    )
    for own, adjusted in zip(doubts, found, strict=True):
        assert own <= adjusted <= min(1.0, len(doubts) * own)


def test_cells_that_were_offered_different_rates_are_not_compared() -> None:
    cells = [
        Cell(variant=variant, workers=workers, rate=rate)
        for rate, variant, workers in (
            (100, "sync", 1),
            (900, "async", 1),
            (100, "sync", 2),
            (900, "async", 2),
            (900, "asyncpg", 2),
        )
    ]
    rows = rows_of([replicate for cell in cells for replicate in cell_at(cell, 1000, 600, 40)])

    pairs = [(of.cell.title(), over.cell.title()) for of, over in controls_of(rows)]

    assert pairs == [
        ("sync/workers=2/rate=100", "sync/workers=1/rate=100"),
        ("async/workers=2/rate=900", "async/workers=1/rate=900"),
        ("asyncpg/workers=2/rate=900", "async/workers=2/rate=900"),
    ]


def test_without_latency_what_is_carried_and_what_it_costs_are_compared() -> None:
    replicates = [*cell_at(SYNC, 1000, 600, 40), *cell_at(ASYNC, 1500, 400, 50)]

    found = compare_cells(rows_of(replicates), replicates, latency=False)

    assert [c.figure for c in found] == ["requestsPerSecond", "cpuMicros"]
