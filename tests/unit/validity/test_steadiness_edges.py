"""Where growth and a counted warm-up begin, worked out by hand."""

from dataclasses import replace

import pytest

from loadlab.measurement.series import Line, Series
from loadlab.measurement.values import SideLoad
from loadlab.validity import bounds
from loadlab.validity.judgement import ReasonKind
from tests.unit.conftest import START
from tests.unit.validity.test_steadiness import QUEUE, STEADY, found, lasting, medians, series


def warming(first_ms: float, spread_ms: float) -> tuple[float, ...]:
    """Two seconds of a warm-up, then six about 10 ms."""
    return (first_ms, first_ms, *(10 + spread_ms, 10 - spread_ms) * 3)


@pytest.mark.parametrize(("first_ms", "told"), [(19.2, True), (18.7, False)])
def test_a_warm_up_stands_out_of_the_noise_by_five_standard_errors(healthy, first_ms, told):
    """Of +-2 ms: 5 x sqrt(4.8 x (1/2 + 1/6)) = 8.94 ms."""
    assert bounds.WARM_UP_ERRORS == 5
    trial = replace(lasting(healthy, 8), series=medians(*warming(first_ms, 2.0)))

    assert bool(found(trial)) == told


@pytest.mark.parametrize(("first_ms", "told"), [(15.2, True), (14.8, False)])
def test_a_warm_up_that_matters_is_slower_by_half(healthy, first_ms, told):
    trial = replace(lasting(healthy, 8), series=medians(*warming(first_ms, 0.1)))

    assert bool(found(trial)) == told


def test_seven_seconds_are_enough_to_see_a_warm_up(healthy):
    seven = medians(90, 40, 10.1, 9.8, 10.2, 9.9, 10.0)

    assert [each.kind for each in found(replace(lasting(healthy, 7), series=seven))] == [
        ReasonKind.WARM_UP_COUNTED
    ]


def test_a_rise_that_chance_may_make_is_not_told(healthy):
    """5.7 ms a second by Sen's slope, and Kendall's 99 % interval begins at -5."""
    noisy = series((11, 36, 6, 58, 29, 32, 43, 53))

    assert found(replace(lasting(healthy, 8), series=noisy)) == []


def test_growth_after_a_ramp_is_seen(healthy):
    ramping = lasting(healthy, 8, ramp_up_seconds=6.0)
    later = series((*STEADY[:6], *QUEUE))

    assert [each.kind for each in found(replace(ramping, series=later))] == [ReasonKind.GROWING]


def test_answers_that_come_after_the_load_are_not_of_it(healthy):
    """They trickle in until the end of the graceful stop."""
    trial = lasting(healthy, 8)
    trial = replace(trial, last_answer_epoch_seconds=trial.last_answer_epoch_seconds + 12)
    later = [100.0 * second for second in range(1, 13)]

    assert found(replace(trial, series=series((*STEADY, *later)))) == []


def test_time_per_request_is_told_whatever_the_width_of_a_bin(healthy):
    """Two seconds a bin, in which 2,000 requests end and ever fewer."""
    lines = [Line(START + 2 * s, 2000 - 160 * s, 0, 2000, 90_000) for s in range(10)]
    slower = Series.of(lines, least_seconds=2)
    closed = lasting(healthy, 20, open_model=False, virtual_users=10, rate_per_second=None)

    (reason,) = found(replace(closed, series=slower))

    assert reason.message.startswith("the time from one answer to the next grew from 1 to 3.571 ms")


def test_a_closed_loop_that_is_fast_may_slow_down_by_less_than_a_millisecond(healthy):
    slower = Series.of([Line(START + s, 10_000 - 600 * s, 0, 100, 200) for s in range(10)])
    closed = lasting(healthy, 10, open_model=False, virtual_users=1, rate_per_second=None)

    (reason,) = found(replace(closed, series=slower))

    assert "grew from 0.1 to 0.2174 ms" in reason.message


def test_names_of_the_requests_beside_the_load_are_cut(healthy):
    side = SideLoad(names=("n" * 200,), series=series(QUEUE))

    (reason,) = found(replace(lasting(healthy, 8), side=side))

    assert reason.message.startswith(f"of {'n' * 59}… beside the load")
