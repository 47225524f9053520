"""Axes: where values lie, which ticks they have, and that no number can break them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.report.scale import Scale, polyline

NUMBERS = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20)


def test_a_linear_axis_begins_at_nothing_and_ends_beyond_the_largest_value():
    scale = Scale.linear([3, 117])

    assert scale.place(0) == 0
    assert 90 < scale.place(117) < 100
    assert [tick.text for tick in scale.ticks_across()] == ["0", "50", "100"]


def test_a_logarithmic_axis_has_ticks_at_1_2_5_10():
    scale = Scale.logarithmic([1.1, 21])

    assert [tick.text for tick in scale.ticks_across()] == ["2", "5", "10", "20"]
    assert scale.place(1.1) < scale.place(3.146) < scale.place(21)
    assert scale.place(math.sqrt(1.1 * 21)) == pytest.approx(50)


def test_a_narrow_logarithmic_axis_has_even_ticks():
    assert [t.text for t in Scale.logarithmic([0.9, 1.3]).ticks_across()] == [
        "0.9", "1", "1.1", "1.2", "1.3",
    ]  # fmt: skip


def test_a_wide_logarithmic_axis_has_few_ticks():
    assert len(Scale.logarithmic([1e-3, 1e9]).ticks_across()) <= 6


def test_what_is_outside_lies_at_the_end():
    scale = Scale.logarithmic([1, 10])

    assert (scale.place(0), scale.place(-5), scale.place(1e9)) == (0, 0, 100)


@given(NUMBERS, st.floats(allow_nan=True, allow_infinity=True))
def test_any_numbers_make_an_axis(values, other):
    for make in (Scale.linear, Scale.logarithmic):
        scale = make(values)

        assert all(0 <= scale.place(value) <= 100 for value in [*values, other])
        assert 1 <= len(scale.ticks_at) <= 8
        assert all(0 <= float(tick.at.rstrip("%")) <= 100 for tick in scale.ticks_down())


def test_points_that_fall_together_are_told_once():
    assert polyline([(0, 0), (0.01, 0.01), (50, 100)]) == "0,0 500,1000"
