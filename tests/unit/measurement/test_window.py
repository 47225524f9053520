"""The time that requests are divided by: users who pause after a request are at it until then."""

import random
from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.documents import K6Document
from loadlab.measurement.pod_log import PodReport
from loadlab.measurement.trial import VoidTrial, measure_trial
from loadlab.measurement.values import TrialMeasurement
from loadlab.plan.expected import LoadFacts
from loadlab.validity.generator_rules import iterations_missed, little_violated
from tests.unit.conftest import START, distribution, document_of

ANSWER = 0.02  # seconds


def trial_of(document: dict[str, Any], **load: Any) -> TrialMeasurement:
    report = PodReport(pod="k6-0", document=K6Document.model_validate(document))
    facts = LoadFacts(**{"open_model": False, "virtual_users": 4, "duration_seconds": 30.0, **load})
    found = measure_trial([report], 1, facts)
    assert not isinstance(found, VoidTrial), found
    return found


def paced(
    pause: Any, *, users: int = 4, seconds: float = 30.0, ramp: float = 0.0, **load: Any
) -> TrialMeasurement:
    """Users who ask, pause and begin again until the load ends; nothing is cut off."""
    answered, ended, took = list[float](), list[float](), list[float]()
    for user in range(users):
        now = ramp * user / users
        while now < ramp + seconds:
            answered.append(now + ANSWER)
            took.append(ANSWER + pause())
            now += took[-1]
            ended.append(now)
    document = document_of([round(1e6 * ANSWER)] * len(answered))
    document["scenarios"]["measure"] |= {
        "lastSampleUs": _us(max(answered)),
        "firstIterationUs": _us(0),
        "lastIterationUs": _us(max(ended)),
        "iteration_duration": distribution([round(1e6 * each) for each in took]),
    }
    facts = {"virtual_users": users, "duration_seconds": seconds, "ramp_up_seconds": ramp, **load}
    return trial_of(document, **facts)


def _us(seconds: float) -> int:
    return START * 1_000_000 + round(1e6 * seconds)


@pytest.mark.parametrize("pause", [0.0, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("seconds", [25.0, 30.0])
def test_the_last_pause_is_part_of_it(pause: float, seconds: float) -> None:
    """Of pauses of 10 s it was 0.15 requests a second and user, for 0.1."""
    trial = paced(lambda: pause, seconds=seconds)

    assert trial.requests_per_second == pytest.approx(4 / (ANSWER + pause), rel=0.002)
    assert list(little_violated(trial)) == []


@pytest.mark.parametrize("seed", range(5))
def test_users_who_pause_at_random_do_not_end_together(seed: int) -> None:
    """Up to the end of the last one it would be 9 % too little, up to the last answer 6 % more."""
    chance = random.Random(seed)
    trial = paced(lambda: chance.uniform(1, 5), users=64)

    assert trial.requests_per_second == pytest.approx(64 / (ANSWER + 3), rel=0.03)


def test_a_ramp_counts_half() -> None:
    trial = paced(lambda: 1.0, users=50, seconds=20.0, ramp=10.0)

    assert trial.window_seconds == pytest.approx(30.5, abs=0.6)
    assert list(little_violated(trial)) == []


def test_an_open_load_and_scenarios_of_a_script_end_with_the_last_answer() -> None:
    opened = paced(lambda: 10.0, open_model=True, rate_per_second=0.4)
    script = paced(lambda: 10.0, own_scenarios=True)

    for trial in (opened, script):
        assert trial.window_seconds == trial.answered_seconds == pytest.approx(20.06, abs=0.01)


def test_who_was_cut_off_in_a_pause_was_at_it_until_then() -> None:
    """Three requests each in 25 s, of which the last one's pause was cut off."""
    whole = paced(lambda: 10.0, seconds=25.0)
    cut = replace(
        whole,
        iterations=8,
        interrupted_iterations=4,
        iterations_seconds=20.04,
        mean_iteration_ms=10_020.0,
    )

    assert cut.window_seconds == pytest.approx(25)
    assert replace(cut, requests=8).window_seconds == pytest.approx(20.06, abs=0.01)


def test_a_given_number_of_iterations_may_pause_beyond_its_time() -> None:
    trial = paced(lambda: 10.0)
    given = replace(trial.load, iterations=trial.iterations, duration_seconds=25.0)

    assert list(iterations_missed(replace(trial, load=given))) == []


def test_a_document_that_does_not_tell_is_read_as_before(values_us: list[int]) -> None:
    trial = trial_of(document_of(values_us))

    assert trial.iterations_seconds == 0.0
    assert trial.window_seconds == trial.answered_seconds == pytest.approx(10)


def test_samples_that_lack_do_not_shorten_it() -> None:
    """So Little's law finds them still."""
    whole = paced(lambda: 1.0)
    lost = replace(whole, iterations=whole.iterations // 2, requests=whole.requests // 2)

    assert lost.window_seconds == pytest.approx(whole.answered_seconds)
    assert any(little_violated(lost))
