"""Replicates are asked for only where they would carry a claim."""

from dataclasses import replace

import pytest

from loadlab.analysis.comparison import Difference, compare_in_family
from loadlab.analysis.own_delays import CellDelay
from loadlab.catalogue import Cell
from loadlab.model.status import Comparison, Figure, LoadOutcome, ResultRow
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_comparison_claims import found

FEW_MS = 15.0  # k6 waited so long beside the slower cell, whose p95 is 12 % of 40 ms longer


def alone(difference: Difference) -> Comparison:
    return compare_in_family(difference, difference.doubt, 1)


def with_p95(row: ResultRow, figure: Figure) -> ResultRow:
    return row.model_copy(update={"p95_ms": figure})


def bound(difference: Difference) -> Difference:
    figure = Figure(mean=40.0).as_lower_bound("Unanswered")
    return replace(difference, over=with_p95(difference.over, figure))


def unsound(difference: Difference) -> Difference:
    figure = Figure(mean=40.0).as_unsound("Growing")
    return replace(difference, over=with_p95(difference.over, figure))


def overloaded(difference: Difference) -> Difference:
    lost = difference.over.model_copy(update={"load": LoadOutcome.OVERLOADED})
    return replace(difference, over=lost)


def waited(difference: Difference) -> Difference:
    return replace(difference, delays=(CellDelay(FEW_MS), CellDelay()))


def by_other_generators(difference: Difference) -> Difference:
    cells = (Cell(variant=name, generator=name) for name in ("k6", "wrk"))
    rows = rows_of([sized(cell, 1, 1000.0, 500.0, 40.0) for cell in cells])
    return replace(difference, of=rows[0], over=rows[1])


CAUSES = [bound, unsound, overloaded, waited, by_other_generators]


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("error", [0.01, 0.06], ids=["told", "noisy"])
def test_no_number_of_replicates_takes_away_what_is_no_noise(cause, error):
    """Six were asked for, after five; a hundred show as little."""
    claim = alone(cause(found(0.113, error, "p95_ms")))

    assert (claim.outcome, claim.blocks_needed) == (Outcome.INCONCLUSIVE, None)


def test_without_any_such_cause_they_are_asked_for():
    assert alone(found(0.113, 0.06, "p95_ms")).blocks_needed is not None


def test_a_longer_bound_may_still_be_shown_to_be_longer():
    """The p95 of `of` is a bound beyond the other one's figure: noise alone hides it."""
    difference = found(0.113, 0.06, "p95_ms")
    figure = Figure(mean=45.0).as_lower_bound("Unanswered")

    claim = alone(replace(difference, of=with_p95(difference.of, figure)))

    assert claim.outcome is Outcome.INCONCLUSIVE
    assert claim.blocks_needed is not None


def test_what_is_equal_may_be_shown_to_be_by_two_generators():
    equal = by_other_generators(found(0.001, 0.03, "cpu_micros"))

    assert alone(equal).blocks_needed is not None
