"""What an open load carried: neither one slow last answer nor a queue that is left changes it."""

import random
from collections import Counter
from collections.abc import Callable
from math import ceil
from typing import Any

import pytest

from loadlab.measurement.documents import K6Document
from loadlab.measurement.documents.generator import Scenario
from loadlab.measurement.full_load import Ended, carried_per_second, ended_at_full_load
from loadlab.measurement.pod_log import PodReport
from loadlab.measurement.trial import VoidTrial, measure_trial
from loadlab.measurement.values import TrialMeasurement
from loadlab.plan.expected import LoadFacts
from tests.unit.conftest import START, distribution, document_of

RATE, SECONDS, ANSWER = 100, 10, 0.02
Took = Callable[[float], float]


def opened(
    took: Took,
    *,
    rate: int = RATE,
    seconds: int = SECONDS,
    ramp: int = 0,
    phase: float = 0.0,
    failed: Callable[[float], bool] = lambda _: False,
    told: bool = True,
) -> TrialMeasurement:
    """An open load of even arrivals; `took` tells an answer's time by when it was planned."""
    planned = _arrivals(rate, seconds, ramp)
    ends = [phase + at + took(at) for at in planned]
    bad = [failed(at) for at in planned]
    document = document_of([round(1e6 * took(at)) for at in planned])
    measured = document["scenarios"]["measure"]
    ended, err = (
        Counter(map(int, ends)),
        Counter(int(e) for e, b in zip(ends, bad, strict=True) if b),
    )
    measured |= {
        "firstStartUs": _us(phase),
        "firstSampleUs": _us(min(ends)),
        "lastSampleUs": _us(max(ends)),
        "failed": sum(bad),
        "iteration_duration": distribution([round(1e6 * took(at)) for at in planned]),
        "series": [
            {
                "t": START + t,
                "n": n,
                "err": err[t],
                "p50": round(1e6 * took(ramp)),
                "due": sum(phase + at < t < end for at, end in zip(planned, ends, strict=True)),
            }
            for t, n in sorted(ended.items())
        ],
    }
    if not told:
        measured["series"].pop()
    return _measured(document, rate, seconds, ramp)


def _arrivals(rate: int, seconds: int, ramp: int) -> list[float]:
    ramped = [(2 * ramp * n / rate) ** 0.5 for n in range(rate * ramp // 2)]
    return ramped + [ramp + n / rate for n in range(rate * seconds)]


def _measured(document: dict[str, Any], rate: int, seconds: int, ramp: int) -> TrialMeasurement:
    load = LoadFacts(
        open_model=True,
        virtual_users=0,
        duration_seconds=seconds,
        ramp_up_seconds=ramp,
        rate_per_second=rate,
    )
    report = PodReport(pod="k6-0", document=K6Document.model_validate(document))
    found = measure_trial([report], 1, load)
    assert not isinstance(found, VoidTrial), found
    return found


def _us(seconds: float) -> int:
    return START * 1_000_000 + round(1e6 * seconds)


def hangs(at: float) -> float:
    return 20.0 if at == 9.5 else ANSWER


@pytest.mark.parametrize("phase", [0.0, 0.37, 0.99])
@pytest.mark.parametrize("took", [hangs, lambda _: ANSWER, lambda _: 0.6])
def test_what_is_kept_is_what_was_offered(took: Took, phase: float) -> None:
    """One answer of 20 s made 33/s of 100; answers of 0.6 s made 94."""
    found = opened(took, phase=phase)

    assert found.requests_per_second == pytest.approx(RATE, rel=0.003)
    assert found.finished_per_second == found.requests_per_second


@pytest.mark.parametrize("phase", [0.0, 0.17, 0.34, 0.51, 0.68])
@pytest.mark.parametrize(
    ("rate", "least", "most"), [(50, 0.02, 0.2), (100, 0.002, 0.09), (200, 0.002, 0.016)]
)
def test_who_waits_at_the_end_as_in_the_midst_takes_nothing_from_it(
    rate: int, least: float, most: float, phase: float
) -> None:
    """Of 50/s for 10 s, answered within 0.2 s, 49.8 were told, and `rate>=50` was not kept."""
    chance = random.Random(phase)
    wait = {at: chance.uniform(least, most) for at in _arrivals(rate, SECONDS, 0)}

    assert opened(lambda at: wait[at], rate=rate, phase=phase).requests_per_second == rate


@pytest.mark.parametrize("phase", [0.0, 0.37, 0.99])
@pytest.mark.parametrize("seconds", [3, 10])
@pytest.mark.parametrize("capacity", [25, 50, 80, 97])
def test_what_is_answered_after_the_load_is_none_that_it_carried(
    capacity: int, seconds: int, phase: float
) -> None:
    found = opened(
        lambda at: 1 / capacity + at * (RATE / capacity - 1), seconds=seconds, phase=phase
    )

    assert found.requests_per_second == pytest.approx(capacity, rel=0.03)


@pytest.mark.parametrize("phase", [0.0, 0.37])
def test_time_outs_are_no_good_answers_and_take_none_from_the_others(phase: float) -> None:
    def is_late(at: float) -> bool:
        return round(at * RATE) % 20 == 7

    found = opened(lambda at: 20.0 if is_late(at) else ANSWER, phase=phase, failed=is_late)

    assert found.requests_per_second == pytest.approx(0.95 * RATE, rel=0.005)


@pytest.mark.parametrize("phase", [0.0, 0.37])
def test_a_ramp_is_no_part_of_what_is_carried(phase: float) -> None:
    """5 s of a ramp before 10 s made 83/s of 100."""
    assert opened(lambda _: ANSWER, ramp=5, phase=phase).requests_per_second == pytest.approx(
        RATE, rel=0.01
    )


def test_a_ramp_of_single_requests_is_over_with_its_answers() -> None:
    ended = opened(lambda _: ANSWER, ramp=5, phase=0.37).ended

    assert ended
    assert ended.seconds == 9  # from second 6 to 15 of 5.37 to 15.37


@pytest.mark.parametrize("answer", [0.6, 4.0])
def test_a_ramp_is_over_once_what_was_sent_at_its_end_has_answers(answer: float) -> None:
    """Answers of 4 s after a ramp of 5 s made 84/s of 100: seconds with the ramp's arrivals."""
    assert opened(lambda _: answer, ramp=5).requests_per_second == pytest.approx(RATE, rel=0.01)


def test_a_service_that_hangs_carries_what_it_answered() -> None:
    """Of 10 s it answers for 5, and what waits is cut off: it carried half, not all of 5 s."""
    document = document_of([20_000] * (RATE * 5))
    document["scenarios"]["measure"] |= {
        "firstSampleUs": _us(ANSWER),
        "lastSampleUs": _us(5),
        "interruptedIterations": RATE * 5,
        "series": [{"t": START + t, "n": RATE} for t in range(5)],
    }

    found = _measured(document, RATE, SECONDS, 0)
    assert found.requests_per_second == pytest.approx(RATE / 2, rel=0.01)


@pytest.mark.parametrize(("seconds", "told"), [(1, True), (10, False)])
def test_where_no_whole_seconds_are_told_it_is_up_to_the_last_answer(
    seconds: int, told: bool
) -> None:
    found = opened(lambda _: 0.6, seconds=seconds, phase=0.7, told=told)

    assert found.ended is None
    assert found.requests_per_second == pytest.approx(RATE * seconds / found.window_seconds)
    assert ceil(found.window_seconds) == seconds + 1


def pod(*seconds: tuple[int, int, int], first_answer: float = 0.0) -> Scenario:
    """What one pod tells of seconds: when, how many ended, how many of them failed."""
    document = document_of([1000] * sum(n for _, n, _ in seconds))
    measured = document["scenarios"]["measure"]
    measured |= {
        "firstSampleUs": _us(first_answer),
        "series": [{"t": START + t, "n": n, "err": err} for t, n, err in seconds],
    }
    return K6Document.model_validate(document).scenarios["measure"]


def test_those_that_failed_while_it_lasted_are_none_of_the_good() -> None:
    found = ended_at_full_load([pod((0, 10, 1), (1, 20, 2), (2, 40, 8))], START, 0.0, 2.5, 0.0)

    assert found == Ended(requests=30, failed=3, seconds=2.0)
    assert found.good == 27


def test_it_begins_with_the_first_answer_of_any_pod() -> None:
    pods = [pod((0, 10, 0), (1, 10, 0), first_answer=at) for at in (0.9, 0.1)]

    found = ended_at_full_load(pods, START, 0.0, 2.0, 0.0)
    assert found
    assert found.requests == 40
    assert found.seconds == pytest.approx(1.9)


@pytest.mark.parametrize(("first_answer", "is_told"), [(0.25, True), (0.26, False)])
def test_half_of_a_load_is_whole_seconds(first_answer: float, is_told: bool) -> None:
    pods = [pod((0, 10, 0), (1, 10, 0), first_answer=first_answer)]

    assert bool(ended_at_full_load(pods, START, 0.0, 1.5, 0.0)) is is_told


@pytest.mark.parametrize("phase", [0.0, 0.37])
@pytest.mark.parametrize("drain", [50, 100, 1000])
def test_a_queue_that_is_answered_faster_once_nobody_asks_any_more_is_none_of_it(
    drain: int, phase: float
) -> None:
    """50/s beside k6, and 100/s once it is idle: up to the last answer that is 66.7/s."""

    def took(at: float) -> float:
        number = round(at * RATE)
        done = number / 50 if number < 500 else SECONDS + (number - 500) / drain
        return done + ANSWER - at

    assert opened(took, phase=phase).requests_per_second == pytest.approx(50, rel=0.03)


def test_of_several_requests_an_iteration_the_last_ones_come_later() -> None:
    """One, a pause of 2 s and another one, ten times a second: 20/s, of which 18 were told."""
    several = pod(*((t, 10 if t in {0, 1, 10, 11} else 20, 0) for t in range(12)))
    assert several.requests == 200
    iterations = several.model_copy(update={"iterations": 100})

    found = ended_at_full_load([iterations], START, 0.0, 10.0, iteration_ms=2001.0)

    assert found == Ended(requests=140, failed=0, seconds=7.0)


@pytest.mark.parametrize(
    ("ended", "until_last", "carried"),
    [
        (101.0, 33.0, 100.0),  # one hung
        (50.0, 66.7, 50.0),  # a queue was answered faster afterwards
        (50.0, 98.9, 50.0),
        (50.0, 99.0, 100.0),
        (99.5, 99.2, 100.0),
    ],
)
def test_nearly_all_of_it_up_to_the_last_answer_is_what_was_offered(
    ended: float, until_last: float, carried: float
) -> None:
    assert carried_per_second(ended, until_last, 100.0) == carried


@pytest.mark.parametrize(("seconds", "first"), [(10.0, 5), (8.0, 4), (3.0, 1)])
def test_iterations_longer_than_half_of_the_load_are_counted_from_its_midst(
    seconds: float, first: int
) -> None:
    """They had the rate up to the last answer, with all that came to a queue afterwards."""
    document = document_of([1000] * 90)
    measured = document["scenarios"]["measure"]
    measured |= {
        "iterations": 45,
        "series": [{"t": START + t, "n": 9, "err": 0} for t in range(10)],
    }
    scenario = K6Document.model_validate(document).scenarios["measure"]

    found = ended_at_full_load([scenario], START, 0.0, seconds, 60_000.0)

    whole = seconds - first
    assert found == Ended(requests=round(9 * whole), failed=0, seconds=whole)
