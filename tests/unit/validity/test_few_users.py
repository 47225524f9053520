"""Virtual users that are still being made are k6's own want, and no limit of the service."""

import random
from collections.abc import Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from math import floor
from statistics import median

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.sending import Sending
from loadlab.measurement.series import Line, Series
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.judge import judge
from loadlab.validity.judgement import Judgement, ReasonKind
from tests.unit.validity.open_loads import Moments, OpenLoad, trial_of

MADE_EVERY = 0.006  # of 1.5 ms each, with a quarter of one CPU
FULL = {"service": ComponentUsage(cpus_used=1.0, cpu_micros_per_request=5000.0)}


class Made:
    """Users that a load finds, those that are made meanwhile, and a service with its own limit."""

    def __init__(self, rate: float, begin: int, takes: float, carries: float = 1e9) -> None:
        self.sent: list[float] = []
        self.ends: list[float] = []
        made = [MADE_EVERY * (number + 1) for number in range(round(2.4 * rate) - begin)]
        self.free = [0.0] * begin + made
        self.takes, self.carries = takes, carries

    def __call__(self, arrivals: Moments) -> list[float]:
        heapify(self.free)
        server = 0.0
        for moment in arrivals:
            sent = max(moment, heappop(self.free))
            server = max(sent, server) + 1 / self.carries
            self.sent.append(sent)
            self.ends.append(server + self.takes)
            heappush(self.free, self.ends[-1])
        return self.ends


def us(begins: Sequence[float], ends: Sequence[float]) -> Histogram:
    return Histogram.of(
        [round(1e6 * (end - begin)) for begin, end in zip(begins, ends, strict=True)]
    )


def trial(healthy: TrialMeasurement, load: OpenLoad, users: Made) -> TrialMeasurement:
    """A rate alone was given, so that users are made in mid-run."""
    found = trial_of(healthy, load, users)
    sending = Sending(lateness=us(load.arrivals(), users.sent), latency=us(users.sent, users.ends))
    facts = replace(found.load, virtual_users=0)
    mean_ms = sending.latency.mean_us / 1000
    return replace(found, load=facts, sending=sending, mean_iteration_ms=mean_ms)


def slow(healthy: TrialMeasurement) -> TrialMeasurement:
    """1,000/s of 1 s each, all of which are carried; 134 users were made in the warm-up."""
    return trial(healthy, OpenLoad(rate=1000, seconds=4), Made(1000, 384, 1.0))


def missed(judgement: Judgement) -> str:
    (reason,) = (r for r in judgement.reasons if r.kind is ReasonKind.RATE_NOT_REACHED)
    return reason.message


def test_a_slow_service_is_not_overloaded_by_users_that_are_still_being_made(healthy):
    judgement = judge(slow(healthy))

    assert (judgement.is_void, judgement.is_overloaded) == (True, False)
    assert "for virtual users that were still being made" in missed(judgement)
    assert "spec.load.maxVirtualUsers, 12" in missed(judgement)  # 1.25 · 1,000/s · 1 s


@pytest.mark.parametrize(("rate", "begin"), [(100, 124), (200, 200)])
def test_at_usual_rates_nobody_waits_for_a_user_where_answers_take_a_second(healthy, rate, begin):
    """So many are there after a warm-up of 1 s, on two CPUs."""
    load, users = OpenLoad(rate=rate, seconds=4), Made(rate, begin, 1.0)
    judgement = judge(trial(healthy, load, users))

    assert users.sent == pytest.approx(load.arrivals(), abs=0.001)
    assert not judgement.is_void
    assert not judgement.is_overloaded


class Varied(Made):
    """A service whose answers take 0.2 to 2 s, each its own time, and that carries so much."""

    def __init__(self, rate: float, begin: int, carries: float = 1e9) -> None:
        super().__init__(rate, begin, 0.0, carries)
        self.chance = random.Random(11)

    def __call__(self, arrivals: Moments) -> list[float]:
        heapify(self.free)
        server = 0.0
        for moment in arrivals:
            sent = max(moment, heappop(self.free))
            server = max(sent, server) + 1 / self.carries
            self.sent.append(sent)
            self.ends.append(server + self.chance.uniform(0.2, 2.0))
            heappush(self.free, self.ends[-1])
        return self.ends


def by_seconds_from_the_send(found: TrialMeasurement, users: Made) -> TrialMeasurement:
    """As k6 has its seconds: by when an answer came, with its latency from the send."""
    seconds = dict[int, list[float]]()
    for sent, end in zip(users.sent, users.ends, strict=True):
        at = floor(found.first_request_epoch_seconds + end)
        seconds.setdefault(at, []).append(end - sent)
    lines = [
        Line(at, len(took), 0, round(1e6 * median(took)), round(1e6 * max(took)))
        for at, took in sorted(seconds.items())
    ]
    return replace(found, series=Series.of(lines))


def varied(
    healthy: TrialMeasurement, rate: float, seconds: float, begin: int, carries: float = 1e9
) -> TrialMeasurement:
    users = Varied(rate, begin, carries)
    found = trial(healthy, OpenLoad(rate=rate, seconds=seconds), users)
    return by_seconds_from_the_send(found, users)


@pytest.mark.parametrize(
    ("rate", "seconds", "begin"), [(1000, 4, 300), (1000, 6, 250), (2000, 10, 500)]
)
def test_nor_is_one_whose_answers_differ_among_themselves(healthy, rate, seconds, begin):
    """What it carried grew with the users, and its answers took no longer."""
    judgement = judge(varied(healthy, rate, seconds, begin))

    assert (judgement.is_void, judgement.is_overloaded) == (True, False)
    assert "for virtual users that were still being made" in missed(judgement)


@pytest.mark.parametrize(
    ("rate", "carries", "seconds", "begin"),
    [(1000, 200, 8, 250), (1000, 500, 8, 250), (500, 200, 10, 125), (500, 100, 20, 125)],
)
def test_one_at_its_limit_is_overloaded_also_where_its_answers_differ(
    healthy, rate, carries, seconds, begin
):
    judgement = judge(varied(healthy, rate, seconds, begin, carries))

    assert (judgement.is_void, judgement.is_overloaded) == (False, True)


class Warming(Made):
    """A service at its limit, which rises from one rate to another in so many seconds."""

    def __init__(self, begin: int, most: int, rises: tuple[float, float, float]) -> None:
        super().__init__(0.0, begin, 0.005)
        self.free = [0.0] * begin + [MADE_EVERY * (number + 1) for number in range(most - begin)]
        self.first, self.last, self.within = rises

    def __call__(self, arrivals: Moments) -> list[float]:
        heapify(self.free)
        server = 0.0
        for moment in arrivals:
            sent = max(moment, heappop(self.free))
            begun = max(sent, server)
            warm = min(1.0, begun / self.within)
            server = begun + 1 / (self.first + (self.last - self.first) * warm)
            self.sent.append(sent)
            self.ends.append(server + self.takes)
            heappush(self.free, self.ends[-1])
        return self.ends


@pytest.mark.parametrize(
    ("rate", "seconds", "begin", "most", "rises"),
    [
        (400, 10, 100, 400, (200, 300, 10)),
        (400, 20, 100, 400, (300, 360, 20)),
        (400, 30, 100, 960, (200, 300, 30)),
        (400, 30, 100, 400, (200, 210, 30)),
        (1000, 30, 250, 1000, (300, 600, 30)),
    ],
)
def test_one_at_its_limit_is_overloaded_also_while_it_warms_up(
    healthy, rate, seconds, begin, most, rises
):
    """All users were soon there, so what it carries more of is its own doing."""
    users = Warming(begin, most, rises)
    found = trial(healthy, OpenLoad(rate=rate, seconds=seconds), users)
    judgement = judge(by_seconds_from_the_send(found, users))

    assert (judgement.is_void, judgement.is_overloaded) == (False, True)


@pytest.mark.parametrize("seed", [0, 2, 4])
def test_one_at_its_limit_carries_no_more_as_its_first_answers_come(healthy, seed):
    """All users are soon at work; of the first second few answers have come."""
    users = Varied(500, 125, carries=300)
    users.chance, users.free = random.Random(seed), users.free[:400]
    load = OpenLoad(rate=500, seconds=10, poisson=True, chance=random.Random(seed))
    judgement = judge(by_seconds_from_the_send(trial(healthy, load, users), users))

    assert (judgement.is_void, judgement.is_overloaded) == (False, True)


def its_cpu_is_full(found: TrialMeasurement) -> TrialMeasurement:
    load = replace(found.load, cpu_limits={"service": 1.0})
    return replace(found, load=load, components=FULL)


def all_users_were_there(found: TrialMeasurement) -> TrialMeasurement:
    return replace(found, load=replace(found.load, virtual_users=2400))


def lateness_is_untold(found: TrialMeasurement) -> TrialMeasurement:
    return replace(found, sending=None)


@pytest.mark.parametrize("change", [its_cpu_is_full, all_users_were_there, lateness_is_untold])
def test_what_speaks_for_a_limit_of_the_service_leaves_it_a_result(healthy, change):
    judgement = judge(change(slow(healthy)))

    assert (judgement.is_void, judgement.is_overloaded) == (False, True)


@pytest.mark.parametrize(
    ("rate", "carries", "takes"),
    [(800, 200, 0.005), (800, 200, 0.3), (400, 200, 1.0), (2000, 500, 0.3)],
)
def test_an_overload_is_a_result_though_its_arrivals_wait_for_users(healthy, rate, carries, takes):
    """Nothing of it is seen to be full, and k6 is late by more than half of the latency."""
    load = OpenLoad(rate=rate, seconds=6)
    found = trial(healthy, load, Made(rate, max(rate // 4, 100), takes, carries))
    judgement = judge(found)

    assert found.sending is not None
    assert found.sending.lateness.percentile_us(99) > 1_000_000
    assert (judgement.is_void, judgement.is_overloaded) == (False, True)


def test_an_unfit_generator_voids_a_missed_load_whether_it_was_late_or_not(healthy):
    """SentLate of a generator that lacked CPU voids no overload that was a result without it."""
    busy = replace(healthy.generator, cpu_share=0.7)
    load, users = OpenLoad(rate=800, seconds=6), Made(800, 200, 0.005, 200)
    late = replace(trial(healthy, load, users), generator=busy)

    for found in (late, replace(late, sending=None)):
        judgement = judge(found)
        assert judgement.is_void
        assert "was short of CPU itself" in missed(judgement)
