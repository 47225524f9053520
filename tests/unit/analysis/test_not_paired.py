"""What a comparison of two experiments lacks is named, the first three of a kind, and fits."""

import pytest

from loadlab.analysis.not_paired import LONGEST_NOTE, gaps
from loadlab.model.status import Baseline


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


def test_names_of_any_length_fit_the_status() -> None:
    note = gaps([], [], [], [("c" * 200, "cpu_micros"), ("d" * 200, "p95_ms")])

    assert len(note) == LONGEST_NOTE == 300
    assert Baseline(name="night", note=note).note == note
