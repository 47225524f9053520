"""Latencies are equal where they are so without what k6 itself adds to both."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.best import choose
from loadlab.analysis.calibration import without_own_delay
from loadlab.analysis.comparison import (
    Difference,
    compare_cells,
    compare_in_family,
    difference_of,
)
from loadlab.analysis.estimate import Deviation, LogEstimate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.own_delays import CellDelay
from loadlab.analysis.recommendation import recommend
from loadlab.catalogue import Cell
from loadlab.model.status import Comparison
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of
from tests.unit.analysis.test_comparison import ASYNC, SYNC, cell_at


def p95(of: float, over: float, own_ms: float | None, blocks: int = 5) -> Comparison:
    replicates = [*cell_at(SYNC, 1000, 600, over, blocks), *cell_at(ASYNC, 1000, 600, of, blocks)]
    found = compare_cells(rows_of(replicates), replicates, own_ms=own_ms)
    return next(c for c in found if c.figure == "p95Ms")


def test_a_delay_of_the_generator_hides_no_difference_that_matters() -> None:
    """Services of 5 and 5.25 ms behind 5 ms of k6: 10.25 over 10 was Equivalent, 1.05 is not."""
    found = p95(10.2, 10.0, 5.0)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.why == "less what k6 itself may add (5 ms) they may lie 5 % apart or more"
    assert found.ratio == pytest.approx(1.02)


@pytest.mark.parametrize(("own_ms", "is_equal"), [(0.0, True), (0.5, True), (9.9, False)])
def test_a_small_one_hides_none(own_ms: float, *, is_equal: bool) -> None:
    assert (p95(10.05, 10.0, own_ms).outcome is Outcome.EQUIVALENT) == is_equal


@pytest.mark.parametrize("own_ms", [10.0, 12.0])
def test_of_latencies_that_may_be_all_of_it_nothing_is_known(own_ms: float) -> None:
    assert p95(10.0, 10.0, own_ms).outcome is Outcome.INCONCLUSIVE


def test_where_it_was_not_measured_no_latencies_are_equal() -> None:
    found = p95(10.05, 10.0, None)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "load.calibration" in (found.why or "")


def test_a_difference_is_told_whatever_k6_adds_to_both() -> None:
    """A delay in both can only make it look smaller."""
    assert {p95(20.0, 10.0, own).outcome for own in (None, 0.5, 9.0)} == {Outcome.REGRESSED}


def test_other_figures_have_no_such_delay() -> None:
    replicates = [*cell_at(SYNC, 1000, 600, 10), *cell_at(ASYNC, 1002, 601, 10)]
    found = {c.figure: c.outcome for c in compare_cells(rows_of(replicates), replicates)}

    assert found["requestsPerSecond"] is found["cpuMicros"] is Outcome.EQUIVALENT


def test_more_blocks_show_no_equality_that_k6_may_hide() -> None:
    """At 0.1 % apart: more blocks would show that they are equal, were k6 not a part of both."""
    hidden, plain = p95(10.01, 10.0, 20.0, blocks=3), p95(10.01, 10.0, 9.0, blocks=3)

    assert plain.outcome is hidden.outcome is Outcome.INCONCLUSIVE
    assert plain.blocks_needed is not None
    assert hidden.blocks_needed is None


def test_no_replicates_are_asked_for_where_a_calibration_is_missing() -> None:
    replicates = [*cell_at(SYNC, 1000, 600, 10), *cell_at(ASYNC, 1000, 600, 10)]
    rows = rows_of(replicates)
    choice = choose(rows, replicates)
    (said, *_) = recommend(rows, choice, compare_cells(rows, replicates), ())

    assert choice.best is not None
    assert len(choice.best.tied_with) == 1
    assert "replicates" not in said


@given(of=st.floats(1, 1e4), over=st.floats(1, 1e4), own=st.floats(0, 0.99))
def test_without_the_delay_a_ratio_is_that_of_the_services(of, over, own):
    log = math.log((of + own) / (over + own))

    assert without_own_delay(log, over + own, own) == pytest.approx(math.log(of / over), abs=1e-9)


@pytest.mark.parametrize(
    ("ratio", "over", "own"),
    [(1.0, 1.0, 1.0), (1.0, 1.0, 2.0), (1.0, 0.0, 0.0), (0.5, 2.0, 1.0), (2.0, 1.0, 1.0)],
)
def test_of_nothing_there_is_no_ratio(ratio, over, own):
    assert without_own_delay(math.log(ratio), over, own) == math.inf


def with_wait(cell: Cell, p95_ms: float, wait_ms: float) -> list[Replicate]:
    return [
        replace(each, trial=replace(each.trial, generator_wait_ms=wait_ms))
        for each in cell_at(cell, 1000, 600, p95_ms)
    ]


def waited(of: tuple[float, float], over: tuple[float, float]) -> Comparison:
    """Compare two cells of so long a p95, while k6 waited so long for a CPU."""
    replicates = [*with_wait(SYNC, *over), *with_wait(ASYNC, *of)]
    found = compare_cells(rows_of(replicates), replicates)
    return next(c for c in found if c.figure == "p95Ms")


def test_what_k6_waited_for_a_cpu_is_no_difference_of_services() -> None:
    """100 ms both; beside the one that takes more CPU k6 waited 15 ms: 1.12 was Regressed."""
    found = waited((112.0, 15.0), (100.0, 0.5))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.why == "k6 waited for a CPU for 15 ms (p99): it may be all of the difference"
    assert waited((100.0, 0.5), (112.0, 15.0)).why == found.why


@pytest.mark.parametrize(
    ("of", "over", "outcome"),
    [
        ((112.0, 5.0), (100.0, 0.5), Outcome.REGRESSED),
        ((112.0, 0.0), (100.0, 50.0), Outcome.REGRESSED),
        ((100.0, 50.0), (112.0, 5.0), Outcome.IMPROVED),
        ((100.0, 0.0), (112.0, 0.0), Outcome.IMPROVED),
    ],
)
def test_a_difference_of_more_than_it_waited_is_told(of, over, outcome) -> None:
    """What the shorter one had of it makes the difference no smaller."""
    assert waited(of, over).outcome is outcome


def test_it_is_the_end_of_the_interval_that_has_to_be_beyond() -> None:
    """The means of 104 and 116 ms are 12.4 apart, the nearer end of their interval is not."""
    for found in (waited((112.0, 12.0), (100.0, 0.0)), waited((100.0, 0.0), (112.0, 12.0))):
        assert found.outcome is Outcome.INCONCLUSIVE
        assert "12 ms" in (found.why or "")


def test_other_figures_are_told_whatever_k6_waited() -> None:
    replicates = [*with_wait(SYNC, 10.0, 99.0)]
    replicates += [replace(each, cell=ASYNC) for each in cell_at(SYNC, 1040, 400, 10)]
    found = {c.figure: c.outcome for c in compare_cells(rows_of(replicates), replicates)}

    assert found["requestsPerSecond"] is found["cpuMicros"] is Outcome.IMPROVED


@pytest.mark.parametrize(
    ("mean", "outcome"), [(0.01, Outcome.REGRESSED), (-0.01, Outcome.IMPROVED)]
)
def test_where_nobody_knows_that_it_waited_it_did_not(mean: float, outcome: Outcome) -> None:
    """1 % of 40 ms is less than a millisecond."""
    of, over = rows_of([*cell_at(ASYNC, 1000, 600, 40), *cell_at(SYNC, 1000, 600, 40)])
    estimate = LogEstimate(mean, 11, Deviation(0.0001, 10))
    found = Difference("p95_ms", of, over, (math.exp(mean),) * 11, estimate)

    assert compare_in_family(found, 0.0, 1).outcome is outcome
    assert difference_of("p95_ms", (of, over), {}, None).delays == (CellDelay(), CellDelay())
