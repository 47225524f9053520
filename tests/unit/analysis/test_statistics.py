"""The t quantile is right, and the 95 % interval covers the truth 95 % of the time."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.statistics import (
    exp_beside,
    interval_on_logs,
    log_estimate,
    plain_estimate,
    t_quantile,
)
from loadlab.model.status import Figure

# Two-sided 95 % quantiles of Student's t as printed in every table (NIST handbook 1.3.6.7.2).
PRINTED = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 30: 2.042, 100: 1.984}


@pytest.mark.parametrize(("degrees", "printed"), PRINTED.items())
def test_t_quantiles_are_those_of_the_printed_table(degrees: int, printed: float) -> None:
    assert t_quantile(degrees) == pytest.approx(printed, abs=5e-4)


def test_other_confidences_are_right_too() -> None:
    assert t_quantile(5, 0.99) == pytest.approx(4.032, abs=5e-4)
    assert t_quantile(100_000, 0.95) == pytest.approx(1.95996, abs=1e-4)


def test_no_degree_of_freedom_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="0 degrees"):
        t_quantile(0)


def test_one_replicate_has_a_mean_and_no_interval() -> None:
    assert log_estimate([12.5]) == plain_estimate([12.5]) == Figure(mean=12.5)


def test_no_replicate_has_no_estimate() -> None:
    assert log_estimate([]) is None
    assert plain_estimate([]) is None


def test_a_zero_among_the_values_leaves_no_interval() -> None:
    assert log_estimate([0.0, 2.0, 4.0]) == Figure(mean=2.0, least=0.0, most=4.0)


@pytest.mark.parametrize("value", [0.7, 20.0, 50.0, 100.0, 2853.0])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 10])
def test_equal_values_are_that_value_exactly(value: float, count: int) -> None:
    """Five times 50/s was 49.99999999999997/s, which failed `rate>=50`."""
    found = log_estimate([value] * count)

    assert found is not None
    assert (found.mean, found.low or value, found.high or value) == (value, value, value)


def test_what_is_no_value_of_all_is_the_exponential() -> None:
    fifty = math.log(50)
    assert math.exp(fifty) != 50

    assert exp_beside(fifty, [50.0, 50.0]) == 50
    assert exp_beside(fifty, [50.0, 60.0]) == math.exp(fifty)
    assert exp_beside(0.1, [50.0, 50.0]) == math.exp(0.1)


def test_values_below_one_have_an_interval_too():
    found = log_estimate([0.5, 0.6, 0.7])

    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.mean < found.high


@pytest.mark.parametrize("estimate", [log_estimate, plain_estimate])
def test_two_values_carry_no_interval(estimate: Callable[[list[float]], Figure]) -> None:
    found = estimate([100.0, 102.0])

    assert (found.low, found.high) == (None, None)
    assert (found.least, found.most) == (100.0, 102.0)


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=8))
def test_no_interval_is_wider_than_three_to_one(values: list[float]) -> None:
    found = log_estimate(values)

    assert found is not None
    assert (found.low is None) == (found.least is not None or len(values) == 1)
    if found.low is not None and found.high is not None:
        assert found.low * 0.999999 <= found.mean <= found.high * 1.000001
        assert found.high <= 3.000001 * found.low


def test_a_spoiled_replicate_is_shown_as_what_it_is() -> None:
    """A cold demo printed `async 1,028 [0.0, 113,876,696]` of 412 and 2,565 requests a second."""
    found = log_estimate([412.0, 2565.0, 2400.0])

    assert found is not None
    assert (found.low, found.high, found.least, found.most) == (None, None, 412.0, 2565.0)


def test_the_plain_interval_is_mean_and_t_times_standard_error() -> None:
    found = plain_estimate([1.0, 2.0, 3.0])

    assert found is not None
    assert found.mean == pytest.approx(2.0)
    assert found.high == pytest.approx(2.0 + 4.303 / math.sqrt(3), abs=1e-3)


def test_equal_replicates_have_an_interval_of_no_width() -> None:
    found = log_estimate([700.0, 700.0, 700.0])

    assert found is not None
    assert found.low == pytest.approx(700.0)
    assert found.high == pytest.approx(700.0)


def test_the_interval_of_a_rate_is_taken_on_its_logarithms() -> None:
    """Steps of 10 %: t(2) = 4.302653 times log(1.1) / sqrt(3) beside the geometric mean."""
    found = log_estimate([100.0, 110.0, 121.0])
    half = 4.302652730 * math.log(1.1) / math.sqrt(3)

    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx(
        (110.0, 110 * math.exp(-half), 110 * math.exp(half))
    )


def test_the_plain_interval_lies_on_both_sides_of_its_mean() -> None:
    found = plain_estimate([1.0, 2.0, 6.0])
    half = 4.302652730 * math.sqrt(7) / math.sqrt(3)

    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((3.0, 3 - half, 3 + half))


def test_what_is_below_zero_has_a_mean_and_its_values() -> None:
    assert log_estimate([-1.0, 3.0, 4.0]) == Figure(mean=2.0, least=-1.0, most=4.0)


@pytest.mark.parametrize(("half", "is_told"), [(0.549, True), (0.5494, False)])
def test_an_interval_is_told_up_to_three_to_one(half: float, is_told: bool) -> None:
    """Half of log 3 is 0.5493."""
    found = interval_on_logs(math.log(10.0), half, [5.0, 20.0])

    assert found.mean == pytest.approx(10.0)
    assert (found.low is not None) == is_told
    assert (found.least == 5.0) != is_told
