"""Which cell a search says is the best, and what it says to do."""

from collections.abc import Mapping, Sequence

import pytest

from loadlab.analysis.search_outcome import best_of_search, recommend_by_search
from loadlab.model.status import Best, CellCapacity, SearchEnd, StepOutcome
from tests.unit.analysis.test_search_outcome import NOTHING, capacity, row

UNDECIDED = StepOutcome.INCONCLUSIVE


def failing(found: Sequence[CellCapacity]) -> Mapping[str, float]:
    """Return where each was seen to fail, if nothing was undecided below that."""
    failed = StepOutcome.FAILED
    return {it.cell: it.below for it in found if it.below and it.below_outcome is failed}


def best_of(found: Sequence[CellCapacity], fails: Mapping[str, float] | None = None) -> Best | None:
    rows = [row(each.cell) for each in found]
    return best_of_search(rows, found, failing(found) if fails is None else fails)


@pytest.mark.parametrize(("fails", "is_tied"), [({"sync": 360.0}, False), ({}, True)])
def test_a_cell_that_was_undecided_is_held_against_where_it_failed(
    fails: Mapping[str, float], is_tied: bool
) -> None:
    """It was tied with a cell that carries ten times as much, so that nothing was recommended."""
    undecided = capacity("sync", at_least=280.0, below=300.0, below_outcome=UNDECIDED)
    found = [undecided, capacity("async", at_least=3000.0, below=3200.0)]

    best = best_of(found, fails)

    assert best is not None
    assert bool(best.tied_with) is is_tied
    assert bool(recommend_by_search(best, found, fails)) is not is_tied


def test_what_limits_a_cell_that_was_undecided_below_is_not_said_of_where_it_failed() -> None:
    limited = {"below_outcome": UNDECIDED, "limited_by": "ServiceCpu"}
    found = [
        capacity("sync", at_least=280.0, below=300.0, **limited),
        capacity("async", at_least=3000.0, below=3200.0),
    ]
    fails = {"sync": 360.0, "async": 3200.0}

    (sentence,) = recommend_by_search(best_of(found, fails), found, fails)

    assert "sync, the next one, fails at 360/s. With" in sentence


def test_the_best_cell_carries_most_and_ties_are_those_of_which_no_such_rate_failed():
    found = [capacity(), capacity("async", at_least=420.0, below=460.0)]
    best = best_of(found)

    assert best is not None
    assert (best.cell, best.requests_per_second, best.p95_ms) == ("async/rate=400", 420.0, 0.0)
    assert best.tied_with == ("sync/rate=400",)


@pytest.mark.parametrize(
    ("other", "tied"),
    [
        ({"below": 365.0}, False),
        ({"below": 366.0}, True),
        ({"below": 420.0}, True),
        ({"below_outcome": StepOutcome.NOT_OFFERED, "below": 420.0}, True),
        ({"below": None, "below_outcome": None, "ended": SearchEnd.MAX_RATE}, True),
        (NOTHING, False),
    ],
    ids=[
        "fails far below",
        "fails not far below",
        "fails there",
        "k6 was the limit",
        "nothing failed",
        "carries nothing",
    ],
)
def test_who_may_carry_as_much_is_tied(other, tied):
    found = [capacity("async", at_least=420.0, below=460.0), capacity(**other)]
    best = best_of(found)

    assert best is not None
    assert bool(best.tied_with) is tied


@pytest.mark.parametrize(("most", "tied"), [(1149.0, True), (1150.0, False)])
def test_fifteen_percent_above_what_failed_tell_two_cells_apart(most: float, tied: bool) -> None:
    best = best_of([capacity("async", at_least=most, below=1200.0), capacity(below=1000.0)])

    assert best is not None
    assert bool(best.tied_with) is tied


@pytest.mark.parametrize(
    "other",
    [{"ended": SearchEnd.TIMEOUT}, NOTHING | {"below_outcome": StepOutcome.INCONCLUSIVE}],
    ids=["not ended", "undecided at the lowest rate"],
)
def test_none_is_the_best_while_another_cell_is_unknown(other):
    found = [capacity(), capacity("async", **other)]

    assert best_of(found) is None


def test_how_much_more_it_carries_at_least_is_never_rounded_up():
    """880 over 440 and 1.15 is 1.739, and would be 1.74 times as much or more."""
    found = [capacity(), capacity("async", at_least=880.0, below=920.0)]
    best = best_of(found)

    (sentence,) = recommend_by_search(best, found, failing(found))
    assert " 1.73 times as much" in sentence


@pytest.mark.parametrize(("fails", "is_told"), [(395.0, True), (400.0, True), (401.0, False)])
def test_that_it_carries_as_much_at_least_is_told_and_less_is_not(
    fails: float, is_told: bool
) -> None:
    found = [capacity(below=fails), capacity("async", at_least=460.5, below=480.0)]
    best = Best(cell="async", requests_per_second=460.5, p95_ms=0.0)

    (sentence,) = recommend_by_search(best, found, failing(found))

    assert ("times as much" in sentence) is is_told


def test_of_two_cells_that_are_equal_none_is_the_best():
    """800 for both: one held there twice, the other failed there twice and held at 760. It was
    "1.00 times what any other cell does or more", and the only best."""
    found = [capacity("a", at_least=800.0, below=840.0), capacity("b", at_least=760.0, below=800.0)]
    best = best_of(found)

    assert best is not None
    assert (best.cell, best.tied_with) == ("a/rate=400", ("b/rate=400",))
    assert recommend_by_search(best, found, failing(found)) == ()


def test_of_a_cell_that_fails_at_the_lowest_rate_no_ratio_is_told():
    """The other one carries that rate, and nobody knows by how much they differ."""
    nothing = capacity("async", **NOTHING | {"below": 400.0})
    found = [capacity(), nothing]
    best = best_of(found)

    (sentence,) = recommend_by_search(best, found, failing(found))

    assert sentence == (
        "sync carries at least 400/s under the criteria; async, the next one, fails at 400/s."
    )


def test_the_recommendation_bounds_how_much_more_the_best_cell_carries():
    limit = {"limited_by": "ServiceCpu"}
    slower = capacity("asyncpg", at_least=100.0, below=110.0)
    found = [capacity(**limit), capacity("async", at_least=880.0, below=920.0), slower]
    best = best_of(found)

    (sentence,) = recommend_by_search(best, found, failing(found))

    assert sentence == (
        "async carries at least 880/s under the criteria; sync, the next one, fails at 440/s, "
        "limited by ServiceCpu. With 15% for the noise of so few trials it carries 1.73 times as "
        "much as any other cell, or more."
    )


@pytest.mark.parametrize(
    "found",
    [
        [capacity()],
        [capacity(), capacity("async", at_least=420.0, below=460.0)],
        [capacity(), capacity("async", at_least=880.0, ended=SearchEnd.TIMEOUT)],
    ],
    ids=["one cell", "as much, perhaps", "not ended"],
)
def test_nothing_is_recommended_where_another_cell_may_carry_as_much(found):
    best = best_of(found)

    assert recommend_by_search(best, found, failing(found)) == ()


def test_no_more_is_told_than_fits_the_status():
    names = [f"v{number}" for number in range(12)]
    tied = best_of([capacity(name) for name in names])
    best = Best(cell="a", requests_per_second=880.0, p95_ms=0.0)
    found = [capacity("a" * 200, at_least=880.0), capacity("b" * 200)]
    (sentence,) = recommend_by_search(best, found, failing(found))

    assert tied is not None
    assert (len(tied.tied_with), len(sentence)) == (10, 400)
