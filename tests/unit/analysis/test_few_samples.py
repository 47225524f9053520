"""A p95 that few samples lie above is no figure by itself; of two the blocks' spread decides."""

from collections.abc import Mapping

import pytest

from loadlab.analysis.best import Choice, choose
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.pairs import Terms
from loadlab.model.status import Comparison, ComparisonOutcome, Figure, LoadOutcome, ResultRow
from tests.unit.analysis.claims import rows_of
from tests.unit.analysis.test_best import replicates_of

Figures = Mapping[str, tuple[float, float, float]]  # requests per second, CPU and p95 by variant
THIN, LATE = "TooFewSamples", "SentLate"


def with_why(rows: list[ResultRow], whys: Mapping[str, str]) -> list[ResultRow]:
    """Return the rows at a rate that all were offered, some with a p95 that is Unsound."""

    def tail(row: ResultRow) -> Figure | None:
        why = whys.get(row.cell.variant)
        return row.p95_ms.as_unsound(why) if why and row.p95_ms else row.p95_ms

    change = {"load": LoadOutcome.KEPT}
    return [row.model_copy(update=change | {"p95_ms": tail(row)}) for row in rows]


def chosen(cells: Figures, *thin: str) -> Choice:
    replicates = replicates_of(cells, 5)
    rows = with_why(rows_of(replicates), dict.fromkeys(thin, THIN))
    return choose(rows, replicates, Terms(own_ms=0.0))


def compared(cells: Figures, whys: Mapping[str, str]) -> Comparison:
    replicates = replicates_of(cells, 5)
    rows = with_why(rows_of(replicates), whys)
    found = compare_cells(rows, replicates, own_ms=0.0)
    return next(each for each in found if each.figure == "p95Ms")


@pytest.mark.parametrize("thin", [(), ("b",), ("a", "b")])
def test_one_sample_more_or_less_decides_nothing(thin: tuple[str, ...]) -> None:
    """Of 1,999 the p95 was "not known", and a was to be taken, which is dearer by a third."""
    found = chosen({"a": (500.0, 130.0, 10.0), "b": (500.0, 100.0, 10.0)}, *thin)

    assert found.best is not None
    assert (found.best.cell, found.best.tied_with, found.set_aside) == ("b", (), {})
    assert found.best.lead is not None
    assert found.best.lead.figure == "cpuMicros"


def test_a_tail_that_the_blocks_show_to_be_longer_goes_before_cost_however_few_they_are() -> None:
    found = chosen({"a": (500.0, 120.0, 10.0), "b": (500.0, 100.0, 30.0)}, "a", "b")

    assert found.best is not None
    assert (found.best.cell, found.best.alternatives) == ("a", ("b",))


def test_a_difference_is_claimed_that_the_replicates_of_few_samples_show() -> None:
    cells = {"a": (500.0, 100.0, 10.0), "b": (500.0, 100.0, 30.0)}

    assert compared(cells, {"b": THIN}).outcome is ComparisonOutcome.REGRESSED
    assert compared(cells, {"a": THIN, "b": THIN}).outcome is ComparisonOutcome.REGRESSED
    assert compared(cells, {"b": LATE}).outcome is ComparisonOutcome.INCONCLUSIVE


def test_few_samples_show_no_two_tails_to_be_equal() -> None:
    """Where one in twenty waits for long, as many of few as of none may have."""
    cells = {"a": (500.0, 100.0, 10.0), "b": (500.0, 100.0, 10.0)}

    assert compared(cells, {}).outcome is ComparisonOutcome.EQUIVALENT
    found = compared(cells, {"b": THIN})
    assert (found.outcome, found.blocks_needed) == (ComparisonOutcome.INCONCLUSIVE, None)
    assert found.why == "p95 of b is Unsound: TooFewSamples"
    assert not chosen(cells, "b").are_alike
    assert chosen(cells).are_alike


@pytest.mark.parametrize(
    ("whys", "told"),
    [
        ({"b": LATE}, "p95 of b is Unsound: SentLate"),
        ({"a": LATE, "b": LATE}, "p95 of both cells is Unsound: SentLate"),
        ({"a": LATE, "b": "Growing"}, "p95 of b is Unsound: Growing"),
    ],
)
def test_what_keeps_a_claim_back_is_named_with_its_cell(whys: Mapping[str, str], told: str) -> None:
    """It was "one of the two is a bound", of what is none."""
    assert compared({"a": (500.0, 100.0, 10.0), "b": (500.0, 100.0, 30.0)}, whys).why == told


def test_however_long_a_name_is_the_reason_is_told() -> None:
    name, why = "b" * 30, "W" * 60

    found = compared({"a": (500.0, 100.0, 10.0), name: (500.0, 100.0, 30.0)}, {name: why})

    assert found.why is not None
    assert len(found.why) <= 100
    assert found.why.endswith(f" is Unsound: {why}")
