"""Slopes are those of scipy; a warm-up is cut where the rest is steadiest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.validity.trend import Trend, theil_sen, warm_up_cut

QUEUE = [122, 827, 1727, 2544, 3390, 4251, 5077, 5923]
STEADY = [10.2, 9.7, 10.9, 10.1, 9.9, 10.4, 10.0, 9.8, 10.6, 10.3]
TIES = [3, 3, 4, 5, 5, 5, 7, 8, 8, 12, 2, 9]
UNEVEN = ([0, 1, 2, 4, 5, 9, 10], [5, 6, 9, 7, 12, 11, 20])


# What scipy 1.17.1 answers: scipy.stats.theilslopes(values, times, confidence).
@pytest.mark.parametrize(
    ("times", "values", "confidence", "expected"),
    [
        (range(8), QUEUE, 0.95, (842.4166666666667, 825.8, 853.5)),
        (range(8), QUEUE, 0.99, (842.4166666666667, 817.0, 856.0)),
        (range(10), STEADY, 0.90, (0.016666666666666902, -0.07499999999999973, 0.1)),
        (range(10), STEADY, 0.99, (0.016666666666666902, -0.21999999999999992, 0.175)),
        (range(12), TIES, 0.90, (0.6458333333333333, 0.4, 0.8)),
        (range(12), TIES, 0.99, (0.6458333333333333, 0.0, 1.0)),
        (range(8), [1, 1, 1, 1, 2, 2, 2, 2], 0.95, (1 / 6, 0.0, 0.25)),
        (*UNEVEN, 0.95, (1.375, 0.3333333333333333, 2.1666666666666665)),
    ],
)
def test_slope_and_interval_are_those_of_scipy(times, values, confidence, expected):
    found = theil_sen(list(times), values, confidence)

    assert found is not None
    assert (found.slope, found.low, found.high) == pytest.approx(expected)


def test_too_few_figures_have_all_of_their_slopes_in_the_interval():
    """Of three figures the quantile reaches beyond all ranks: from the least to the most."""
    assert theil_sen(range(3), [0.0, 1.0, 5.0]) == Trend(2.5, 1.0, 4.0)


def test_without_two_moments_there_is_no_slope():
    assert theil_sen([], []) is None
    assert theil_sen([3, 3], [1.0, 2.0]) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=40), st.floats(0.01, 100))
def test_a_slope_lies_in_its_interval_and_turns_round_with_the_figures(values, scale):
    times = list(range(len(values)))
    rising = theil_sen(times, values)
    falling = theil_sen(times, [-scale * value for value in values])

    assert rising is not None
    assert falling is not None
    assert rising.low <= rising.slope <= rising.high
    rounded = 1e-12 * scale * max(map(abs, values))  # a slope is a difference of two of them
    assert falling.slope == pytest.approx(-scale * rising.slope, rel=1e-9, abs=max(rounded, 1e-12))


def test_one_outlier_moves_no_slope():
    straight = theil_sen(range(9), [10.0] * 9)

    assert theil_sen(range(9), [10.0] * 4 + [9000.0] + [10.0] * 4) == straight == Trend(0, 0, 0)


@pytest.mark.parametrize(
    ("values", "cut"),
    [
        ([90, 40, 10, 11, 10, 9, 10, 11, 9, 10], 2),
        ([10, 10, 10, 10], 0),
        ([50, 10, 10, 10, 10], 1),
        ([5, 4, 3, 2, 1, 1], 3),  # half at most
        ([0, 10, 10, 10, 10, 10], 1),  # a quick first second is one too
        ([2.6, 1, 0, 2], 1),  # 3.92 / 4^2, 2 / 3^2 and 2 / 2^2: the second is the least
        ([7], 0),
        ([], 0),
    ],
)
def test_a_warm_up_ends_where_the_rest_is_steadiest(values, cut):
    assert warm_up_cut(values) == cut
