"""A script's own values may be bytes or seconds: no bound is judged by what was cut."""

import pytest

from loadlab.measurement.documents import Trend
from loadlab.measurement.script_trends import known_of
from tests.unit.conftest import distribution
from tests.unit.measurement.test_own_script import bound, document, facts_of


def trend(given: list[float], *, told: bool = True) -> dict[str, object]:
    """As the output writes it: in µs what a histogram holds, the rest counted."""
    exact = {"min": min(given), "max": max(given), "sum": sum(given)}
    return distribution([round(v * 1000) for v in given]) | {
        "clamped": sum(v > 120_000 for v in given),
        "below": sum(v < 0.001 for v in given),
        "exact": exact if told else None,
    }


def judged(given: list[float], threshold: str, *, told: bool = True) -> float | str:
    trends = {"odd": trend(given, told=told)}
    facts = facts_of(*[document([bound("odd", threshold)], trends=trends)] * 2)
    if facts.unsupported:
        return facts.unsupported[0]
    assert facts.bounds[0].value is not None
    return facts.bounds[0].value


BYTES = [500_000.0] * 99 + [100.0]
DRIFT = [-5.0, 0.0, 0.0, 3.0]


def test_bodies_of_half_a_megabyte_do_not_pass_as_120_kilobytes():
    assert judged(BYTES, "max<150000") == 500_000
    assert judged(BYTES, "avg<200000") == pytest.approx(495_001)
    assert judged(BYTES, "p(95)<200000") == (
        "odd: p(95)<200000, as it lies between 120000 and 500000"
    )


def test_a_percentile_is_judged_where_the_bound_lies_outside_of_what_it_can_be():
    assert judged(BYTES, "p(95)<600000") == 120_000
    assert judged(BYTES, "p(95)<100000") == 120_000
    assert judged(BYTES, "p(1)<200") == pytest.approx(100, rel=0.001)


def test_negative_values_and_zeros_are_what_they_are():
    assert judged(DRIFT, "min>=0") == -5
    assert judged([0.0] * 9, "max<=0") == 0
    assert judged([0.0] * 9, "med<=0") == 0
    assert judged(DRIFT, "med<=0") == "odd: med<=0, as it lies between -5 and 0.001"
    assert judged([0.0] * 99 + [4.0], "p(95)<5") == 0.001


def test_values_in_seconds_are_not_rounded_over_a_bound():
    given = [0.0154] * 10 + [0.0155]
    assert judged(given, "med<0.0152") == "odd: med<0.0152, as it lies between 0.0145 and 0.0155"
    assert judged(given, "med<0.02") == 0.015
    assert judged(given, "avg<0.0152") == pytest.approx(0.0154, rel=0.01)


@pytest.mark.parametrize("name", ["avg", "max", "min", "med"])
def test_without_the_outermost_values_nothing_outside_is_judged(name):
    infinite = [Trend.model_validate(trend([500_000.0] * 3, told=False))]

    known = known_of(infinite, name, None)

    assert known is not None
    assert not known.decides(600_000.0)


def test_a_trend_of_a_generator_that_tells_no_more_is_judged_as_it_is():
    assert judged([5.0] * 4, "avg<6", told=False) == pytest.approx(5, rel=0.001)
    assert judged([5.0] * 4, "max<6", told=False) == pytest.approx(5, rel=0.001)
