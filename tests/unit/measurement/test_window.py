"""The time that requests are divided by: users who pause after a request are at it until then."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.documents import K6Document
from loadlab.measurement.pod_log import PodReport
from loadlab.measurement.trial import VoidTrial, measure_trial
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.plan.expected import LoadFacts
from loadlab.validity.generator_rules import iterations_missed
from loadlab.validity.little_law import little_violated
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


def test_who_waited_for_an_answer_that_was_cut_off_was_at_it_until_the_load_ended() -> None:
    """Half of the users hang from the midst on: the others' last answer is not the end."""
    whole = paced(lambda: 0.0, seconds=10.0)
    halves = whole.requests * 3 // 4
    hung = replace(whole, requests=halves, iterations=halves, interrupted_iterations=2)
    all_of_it = replace(
        hung,
        requests=whole.requests // 2,
        iterations=whole.iterations // 2,
        interrupted_iterations=4,
        last_answer_epoch_seconds=whole.first_request_epoch_seconds + 5,
    )

    for trial, share in ((hung, 0.75), (all_of_it, 0.5)):
        assert trial.requests_per_second == pytest.approx(share * 4 / ANSWER, rel=0.01)
        (reason,) = little_violated(trial)
        assert reason.level is Validity.INVALID


def test_what_is_cut_off_without_a_wait_ends_with_what_was_told() -> None:
    """wrk runs on for up to 0.1 s, and tells no time of its own between requests."""
    whole = paced(lambda: 0.0, users=32, seconds=5.0, graceful_stop_ms=0.0)
    cut = replace(
        whole,
        iterations_seconds=0.0,
        mean_iteration_ms=15.0,
        interrupted_iterations=32,
        last_answer_epoch_seconds=whole.first_request_epoch_seconds + 5.095,
    )

    assert cut.window_seconds == cut.loaded_seconds == pytest.approx(5.095)


def test_who_pauses_loads_it_until_the_end() -> None:
    assert paced(lambda: 10.0, seconds=30.0).loaded_seconds == 30


@pytest.mark.parametrize("hang", [0.3, 3.0, 19.0])
def test_one_slow_last_answer_changes_no_rate(hang: float) -> None:
    """20 users of 20 ms, and one of them whose last answer took 3 s: 22 % were missing."""
    whole = paced(lambda: 0.0, users=20, seconds=10.0)
    longer = hang - ANSWER
    slow = replace(
        whole,
        last_answer_epoch_seconds=whole.last_answer_epoch_seconds + longer,
        iterations_seconds=whole.iterations_seconds + longer,
        mean_iteration_ms=whole.mean_iteration_ms + 1000 * longer / whole.iterations,
    )

    # A user of twenty is at it for longer.
    assert slow.requests_per_second == pytest.approx(1000 / (1 + longer / 20 / 10), rel=0.003)
    assert list(little_violated(slow)) == []


def test_a_tail_takes_no_more_than_its_share() -> None:
    """Of 5 s the last of all lasts 0.3 s longer: requests/s were 5 % too few."""
    chance = random.Random(20261130)
    trials = [
        paced(lambda: 0.28 if chance.random() < 0.01 else 0.0, users=20, seconds=5.0)
        for _ in range(20)
    ]

    mean = sum(trial.requests_per_second for trial in trials) / len(trials)
    assert mean == pytest.approx(20 / (ANSWER + 0.0028), rel=0.01)


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

    assert lost.window_seconds == pytest.approx(30)
    assert any(little_violated(lost))


def hung(
    lasts: list[float], *, users: int = 10, cut: int = 3, since: float = 0.0, took: float = ANSWER
) -> TrialMeasurement:
    """10 s of users of whom some hang from a moment on and are cut off, and the others' last ends.

    The others have answers of 20 ms up to the end of the load.
    """
    ended = [took * (n + 1) for _ in range(users - cut) for n in range(int(10 / took))]
    ended += [took * (n + 1) for _ in range(cut) for n in range(int(since / took))]
    times = [took] * len(ended) + [max(took, last - 10) for last in lasts]
    ended += lasts
    seconds = Counter(map(int, ended))
    document = document_of([round(1e6 * each) for each in times])
    document["scenarios"]["measure"] |= {
        "interruptedIterations": cut,
        "lastSampleUs": _us(max(ended)),
        "firstIterationUs": _us(0),
        "lastIterationUs": _us(max(ended)),
        "iteration_duration": distribution([round(1e6 * each) for each in times]),
        "series": [{"t": START + t, "n": n, "err": 0} for t, n in sorted(seconds.items())],
    }
    return trial_of(document, virtual_users=users, duration_seconds=10.0, graceful_stop_ms=3e4)


@pytest.mark.parametrize("since", [0.0, 5.0, 9.98])
@pytest.mark.parametrize("last", [10.01, 14.0])
def test_whenever_some_begin_to_hang_the_others_load_it_until_their_last_answers(
    since: float, last: float
) -> None:
    """Three of ten. The others' last answers, at 14 s, are 4 s more of theirs."""
    found = hung([last] * 7, since=since)

    assert found.window_seconds == pytest.approx(last, abs=0.51)


def test_one_slow_answer_beside_hanging_ones_takes_no_more_than_its_share() -> None:
    """Of ten users three hang at the end, one of the others waits 8 s longer: 14 s were told."""
    found = hung([18.0] + [10.01] * 6, since=9.98)

    assert found.window_seconds == pytest.approx(10 + 8 / 7, rel=0.01)


def test_who_hangs_from_the_start_leaves_the_time_to_the_others() -> None:
    """Seven have an answer each 4 s, the last at 12 s: 2.1/s for 1.75."""
    found = hung([12.0] * 7, took=4.0)

    assert found.requests == 21
    assert found.requests_per_second == pytest.approx(1.75, rel=0.05)


def test_without_seconds_it_is_the_time_of_all_over_all() -> None:
    bare = replace(hung([14.0] * 7, since=9.98), series=None)

    busy = bare.iterations * bare.mean_iteration_ms / 1000
    assert bare.window_seconds == pytest.approx(busy / 10)
