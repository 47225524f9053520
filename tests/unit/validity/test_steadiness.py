"""A latency that grows all through its window is no percentile; noise is not growth."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.series import Line, Series
from loadlab.measurement.values import NamedRequests, SideLoad, TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity import bounds
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial, dump_trial, load_trial
from loadlab.validity.judgement import Family, Reason, ReasonKind
from loadlab.validity.steadiness import warm_up_unfinished
from tests.unit.conftest import START

# p99 in ms of a ping beside a load that blocks the event loop, second by second.
QUEUE = (122, 827, 1727, 2544, 3390, 4251, 5077, 5923)
STEADY = (10.2, 9.7, 10.9, 10.1, 9.9, 10.4, 10.0, 9.8)
KINDS = {
    ReasonKind.GROWING,
    ReasonKind.SIDE_GROWING,
    ReasonKind.WARM_UP_COUNTED,
}


def series(
    p99_ms: tuple[float, ...], *, median: float = 5.0, first: int = 0, n: int = 100
) -> Series:
    """One bin a second with this p99, and the same median in all."""
    return Series.of(
        [
            Line(START + first + s, n, 0, round(1000 * median), round(1000 * ms))
            for s, ms in enumerate(p99_ms)
        ]
    )


def lasting(trial: TrialMeasurement, seconds: float, **load: Any) -> TrialMeasurement:
    load = {"open_model": True, "rate_per_second": 1000.0, "duration_seconds": seconds, **load}
    end = trial.first_request_epoch_seconds + seconds + load.get("ramp_up_seconds", 0.0)
    facts = replace(trial.load, **load)
    return replace(trial, load=facts, last_answer_epoch_seconds=end)


def found(trial: TrialMeasurement) -> list[Reason]:
    return [reason for reason in judge(trial).reasons if reason.kind in KINDS]


def test_a_queue_that_grew_all_through_the_window_is_named_with_its_remedy(healthy):
    growing = replace(lasting(healthy, 8), series=series(QUEUE))

    (reason,) = found(growing)

    assert (reason.kind, reason.level) == (ReasonKind.GROWING, Validity.SUSPECT)
    assert reason.message == (
        "the p99 of a second grew from 122 to 5,923 ms in 7 s (842 ms a second, 99 % interval 817 "
        "to 856); a window of another length would show another one, so that latencies are lower "
        "bounds: lower spec.factors.rate, or give the service what its bottleneck lacks"
    )
    assert judge(growing).is_growing


def test_growth_is_the_services_doing_and_never_repeated_unless_k6_was_short_of_cpu(healthy):
    growing = replace(lasting(healthy, 8), series=series(QUEUE))
    slow = replace(growing, generator=replace(healthy.generator, cpu_share=0.9))

    assert not judge(growing).is_void
    assert [reason.family for reason in found(growing)] == [Family.SERVICE]
    assert [reason.family for reason in found(slow)] == [Family.INSTRUMENT]


def test_a_stored_trial_is_judged_again_the_same(healthy):
    growing = replace(lasting(healthy, 8), series=series(QUEUE))
    stored = load_trial(dump_trial(JudgedTrial(growing, judge(growing))))

    assert judge(stored.measurement) == judge(growing) == stored.judgement


@pytest.mark.parametrize(
    "p99_ms",
    [
        STEADY,
        QUEUE[:6],  # too few seconds to tell
        (10, 10.5, 11, 11.5, 12, 12.5, 13, 13.5),  # too little to matter
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),  # less than a millisecond
        (900, 11, 10, 12, 10, 11, 10, 950),  # stalls
        tuple(reversed(QUEUE)),
    ],
    ids=["steady", "short", "slight", "tiny", "stalls", "falling"],
)
def test_what_does_not_grow_is_not_said_to(healthy, p99_ms):
    assert found(replace(lasting(healthy, 8), series=series(p99_ms))) == []


def test_seconds_of_the_ramp_and_of_the_end_are_not_the_load(healthy):
    ramping = lasting(healthy, 8, ramp_up_seconds=6.0)
    rise = series((*QUEUE[:6], *[4300.0] * 8, 9000, 20_000))

    assert found(replace(ramping, series=rise)) == []


def test_only_whole_seconds_count(healthy):
    """Of a window of 8 s that begins within a second 7 are whole: enough to tell."""
    trial = lasting(replace(healthy, first_request_epoch_seconds=START + 0.5), 8, open_model=True)

    assert bounds.FEWEST_SECONDS == 7
    assert [r.kind for r in found(replace(trial, series=series((1, *QUEUE))))] == [
        ReasonKind.GROWING
    ]


def test_a_closed_loop_that_slows_down_is_seen_by_its_rate(healthy):
    """The median and the p99 may hide it: every third answer is ever slower."""
    slower = Series.of([Line(START + s, 1000 - 80 * s, 0, 2000, 90_000) for s in range(10)])
    closed = lasting(healthy, 10, open_model=False, virtual_users=10, rate_per_second=None)

    (reason,) = found(replace(closed, series=slower))

    assert reason.message.startswith("the time from one answer to the next grew from 1 to 3.571 ms")
    assert "lower spec.factors.virtualUsers" in reason.message
    # In the open model the rate is the offered one, and answers that are late come later.
    assert found(replace(lasting(healthy, 10), series=slower)) == []


def beside(trial: TrialMeasurement, p99_ms: tuple[float, ...]) -> TrialMeasurement:
    side = SideLoad(names=("ping",), series=series(p99_ms, n=20))
    pings = NamedRequests(requests=160, failed=0, latency=Histogram.of([2000] * 160))
    return replace(lasting(trial, 8), side=side, by_request={"ping": pings})


def test_requests_beside_the_load_are_judged_apart(healthy):
    (reason,) = found(beside(healthy, QUEUE))

    assert reason.kind is ReasonKind.SIDE_GROWING
    assert reason.message.startswith("of ping beside the load, the p99 of a second grew from 122")
    assert reason.family is Family.SERVICE
    assert not judge(beside(healthy, QUEUE)).is_growing
    assert found(beside(healthy, STEADY)) == []


def medians(*ms: float) -> Series:
    return Series.of([Line(START + s, 100, 0, round(1000 * m), 90_000) for s, m in enumerate(ms)])


def test_what_the_warm_up_left_is_told_with_what_an_answer_takes(healthy):
    """Of 30,000 requests, 600 are as many as may be."""
    few = replace(healthy, left_of_warm_up=600)
    silent = replace(healthy, left_of_warm_up=601, latency=Histogram.of([]))

    (reason,) = warm_up_unfinished(replace(healthy, left_of_warm_up=601))

    assert list(warm_up_unfinished(few)) == []
    assert (reason.kind, reason.level) == (ReasonKind.WARM_UP_UNFINISHED, Validity.SUSPECT)
    assert healthy.latency_ms is not None
    assert reason.message.endswith(f"an answer takes (p95 {healthy.latency_ms.p95:,.0f} ms)")
    assert next(warm_up_unfinished(silent)).message.endswith("four times what an answer takes")


def test_a_warm_up_that_was_counted_is_told_with_its_length(healthy):
    warming = medians(90, 40, 10.1, 9.8, 10.2, 9.9, 10.0, 10.1)

    (reason,) = found(replace(lasting(healthy, 8), series=warming))

    assert (reason.kind, reason.family) == (ReasonKind.WARM_UP_COUNTED, Family.INSTRUMENT)
    assert (
        "in the first 2 s the median of a second was 65.0 ms, afterwards 10.0 ms" in reason.message
    )
    assert "raise spec.load.warmup by 2 s or more" in reason.message


@pytest.mark.parametrize(
    "ms",
    [
        (12, 10.1, 9.8, 10.2, 9.9, 10.0, 10.1, 10.0),  # too little to matter
        (18, 10, 14, 6, 13, 9, 12, 8),  # noise
        (1, 10.1, 9.8, 10.2, 9.9, 10.0, 10.1, 10.0),  # faster
        (90, 10, 10, 10),  # too few seconds
    ],
    ids=["slight", "noise", "faster", "short"],
)
def test_what_is_no_warm_up_is_not_said_to_be(healthy, ms):
    assert found(replace(lasting(healthy, 8), series=medians(*ms))) == []


def test_without_a_series_nothing_is_said(healthy):
    assert found(healthy) == []
    assert found(replace(healthy, side=SideLoad(names=("ping",)))) == []
