"""What a comparison of two experiments lacks is named, the first three of a kind, and fits."""

import pytest

from loadlab.analysis.environments import LONGEST_DIFFERENCE
from loadlab.analysis.not_paired import LONGEST_NOTE, alone, gaps
from loadlab.catalogue import Cell
from loadlab.model.status import Baseline
from tests.unit.analysis.claims import rows_of, sized


@pytest.mark.parametrize(
    ("cells", "named"), [("abc", "a, b, c"), ("abcd", "a, b, c and 1 more"), ("a", "a")]
)
def test_three_of_the_cells_are_named(cells: str, named: str) -> None:
    lacking = [(cell, "p95_ms") for cell in cells]

    assert gaps([], [], [], lacking) == f"p95Ms is not known in both: {named}"


def test_each_figure_has_its_cells() -> None:
    lacking = [("a", "cpu_micros"), ("b", "p95_ms"), ("c", "cpu_micros")]

    assert gaps([], [], [], lacking) == (
        "cpuMicros is not known in both: a, c; p95Ms is not known in both: b"
    )


def test_cells_without_a_figure_in_either_come_before_those_that_lack_one() -> None:
    assert gaps([], [], [], [("a", "p95_ms")], ["b", "c", "d", "e"]) == (
        "no figure is known in either: b, c, d and 1 more; p95Ms is not known in both: a"
    )


def test_names_of_any_length_fit_the_status() -> None:
    note = gaps([], [], [], [("c" * 200, "cpu_micros"), ("d" * 200, "p95_ms")])

    assert len(note) == LONGEST_NOTE == 300
    assert Baseline(name="night", note=note).note == note


def test_cells_that_one_of_the_two_has_alone_fit_a_difference() -> None:
    (row,) = rows_of([sized(Cell(variant="v"), 1, 100, 500, 40)])
    long = [Cell(variant="v" * 29 + str(n), server="uvicorn", workers=64, ms=10) for n in range(9)]

    (told,) = alone([], [], [row.model_copy(update={"cell": cell}) for cell in long])

    assert told.startswith("only there: v")
    assert len(told) <= LONGEST_DIFFERENCE
