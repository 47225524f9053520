"""A share over several cells, and a ratio of two, are no surer than the counts below them."""

import math

import pytest

from loadlab.analysis.shares import (
    exact_interval,
    ratio_with_counting_error,
    share_estimate,
    with_counting_error,
)
from loadlab.model.status import Figure

# Clopper and Pearson of 5 in 100.
LOW, HIGH = 0.016431879182052155, 0.11283491110546276


def ends(figure: Figure | None) -> tuple[float | None, float | None, float | None]:
    assert figure is not None
    return figure.mean, figure.low, figure.high


def test_a_narrow_share_is_widened_by_what_counting_leaves_open() -> None:
    """5 of 100 lie 0.0336 above their low end and 0.0628 below their high one."""
    found = with_counting_error(Figure(mean=0.2, low=0.19, high=0.21), [(2, 40), (3, 60)])

    assert ends(found) == pytest.approx((0.2, 0.2 - (0.05 - LOW), 0.2 + (HIGH - 0.05)))


def test_a_wide_share_stays_as_it_is() -> None:
    wide = Figure(mean=0.2, low=0.1, high=0.3)

    assert with_counting_error(wide, [(5, 100)]) == wide


def test_a_share_never_leaves_nothing_and_all() -> None:
    near = [
        with_counting_error(Figure(mean=mean, low=mean, high=mean), [(5, 100)])
        for mean in (0.01, 0.99)
    ]

    assert (near[0].low, near[1].high) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("share", "counts"),
    [
        (Figure(mean=0.2, high=0.21), [(5, 100)]),
        (Figure(mean=0.2, low=0.19), [(5, 100)]),
        (Figure(mean=0.2, low=0.19, high=0.21), []),
    ],
)
def test_without_an_end_or_a_count_nothing_is_widened(share, counts) -> None:
    assert with_counting_error(share, counts) == share


def test_a_ratio_has_at_least_the_error_of_its_counts() -> None:
    """Katz: the variance of log (20/100 : 10/100) is 1/20 - 1/100 + 1/10 - 1/100 = 0.13."""
    found = ratio_with_counting_error(
        Figure(mean=2.0, low=1.9, high=2.1), [(15, 60), (5, 40)], [(10, 100)]
    )
    factor = math.exp(1.959963985 * math.sqrt(0.13))

    assert ends(found) == pytest.approx((2.0, 2 / factor, 2 * factor))


def test_a_side_without_an_event_adds_no_error() -> None:
    found = ratio_with_counting_error(Figure(mean=2.0, low=1.9, high=2.1), [(20, 100)], [(0, 100)])

    assert found.high == pytest.approx(2 * math.exp(1.959963985 * math.sqrt(0.04)))


def test_a_wide_ratio_stays_as_it_is() -> None:
    wide = Figure(mean=2.0, low=0.1, high=40.0)

    assert ratio_with_counting_error(wide, [(20, 100)], [(10, 100)]) == wide


@pytest.mark.parametrize("ratio", [Figure(mean=2.0, low=1.0), Figure(mean=2.0, high=3.0)])
def test_a_ratio_without_an_end_gets_none(ratio: Figure) -> None:
    assert ratio_with_counting_error(ratio, [(20, 100)], [(10, 100)]) == ratio


def test_replicates_that_differ_by_more_than_chance_widen_the_share() -> None:
    """Shares of 0.1, 0.2 and 0.3: t(2) = 4.3027 times 0.1 / sqrt(3) beside their mean."""
    found = share_estimate([(100, 1000), (200, 1000), (300, 1000)])
    half = 4.302652730 * 0.1 / math.sqrt(3)

    assert ends(found) == pytest.approx((0.2, 0.0, 0.2 + half))


def test_two_replicates_are_both_inside_the_interval() -> None:
    assert ends(share_estimate([(100, 1000), (300, 1000)])) == pytest.approx((0.2, 0.1, 0.3))


def test_replicates_that_agree_have_the_interval_of_their_counts() -> None:
    assert ends(share_estimate([(1, 20), (1, 20), (1, 20), (1, 20), (1, 20)])) == pytest.approx(
        (0.05, LOW, HIGH)
    )


def test_a_share_is_found_to_nine_places_of_itself() -> None:
    """Of none in n the high end is 1 - 0.025^(1/n)."""
    _, high = exact_interval(0, 1_000_000)

    assert high == pytest.approx(-math.expm1(math.log(0.025) / 1_000_000), rel=2e-9)


def test_a_share_is_no_more_than_all() -> None:
    found = share_estimate([(800, 1000), (1000, 1000), (1000, 1000)])

    assert found is not None
    assert found.high == 1.0
