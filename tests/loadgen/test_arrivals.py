"""Arrivals of an open model: every planned one is sent once, and knows when it was to be sent."""

import signal
import time
from collections import Counter
from statistics import fmean, pvariance
from typing import Any

import pytest

from loadlab.measurement.documents import Distribution, Scenario, Split

pytestmark = pytest.mark.integration

RATE, SECONDS = 150, 2
WINDOW_SECONDS = 0.02  # three arrivals each
PLANNED = set(range(1, RATE * SECONDS + 1))  # the ids of the measurement


def configured(lab: Any, arrivals: str, **how: Any) -> Any:
    return lab.configure(
        executor="constant-arrival-rate",
        arrivals=arrivals,
        rate=RATE,
        virtualUsers=None,
        maxVirtualUsers=RATE * SECONDS,
        durationMs=SECONDS * 1000,
        **how,
    )


def measured(ended: Any) -> Scenario:
    assert ended.code == 0, ended.stderr
    return Scenario.model_validate(ended.document["scenarios"]["measure"])


def known(found: Distribution | None) -> Distribution:
    assert found is not None
    return found


def split_of(scenario: Scenario) -> Split:
    (split,) = scenario.splits
    return split


@pytest.mark.parametrize("arrivals", ["Even", "Poisson"])
@pytest.mark.parametrize("pods", [1, 3])
def test_all_pods_together_send_what_is_planned_once(lab, server, arrivals, pods):
    """As many as the rate says, to the one, however they are spaced and shared out."""
    config = configured(lab, arrivals, pods=pods)
    running = [lab.start(config=config, pod=pod) for pod in range(pods)]
    scenarios = [measured(lab.end(process)) for process in running]

    assert sum(s.dropped_iterations for s in scenarios) == 0
    assert (len(server.ids), set(server.ids)) == (len(PLANNED), PLANNED)


@pytest.mark.parametrize(("arrivals", "least", "most"), [("Even", 0, 0.4), ("Poisson", 0.7, 1.4)])
def test_the_server_sees_how_they_are_spaced(lab, server, arrivals, least, most):
    """By the index of dispersion: variance over mean of the counts, 1 for a Poisson process."""
    measured(lab.run(config=configured(lab, arrivals)))
    load = server.arrivals[-len(PLANNED) :]  # the warm-up's came before
    counts = Counter(int((at - load[0]) / WINDOW_SECONDS) for at in load)
    windows = [counts[number] for number in range(int(SECONDS / WINDOW_SECONDS))]

    assert least <= pvariance(windows) / fmean(windows) <= most


def test_the_latency_from_the_intended_start_is_that_from_the_send_and_the_lateness(lab):
    scenario = measured(lab.run(config=configured(lab, "Poisson")))
    split = split_of(scenario)
    late, whole = known(split.http_req_lateness), known(split.http_req_from_intended)

    assert late.count == whole.count == split.http_req_total.count == len(PLANNED)
    together = late.hdr.mean_us + split.http_req_total.hdr.mean_us
    assert whole.hdr.mean_us == pytest.approx(together, rel=0.005, abs=5)
    assert 0 < scenario.schedule_start_us <= scenario.first_start_us


def test_a_pod_whose_last_arrival_is_early_lasts_as_long_as_the_others(lab):
    """Each of three pods has one arrival in three seconds: two have theirs long before the end."""
    config = lab.configure(
        executor="constant-arrival-rate",
        rate=1,
        virtualUsers=None,
        maxVirtualUsers=3,
        durationMs=3000,
        pods=3,
    )
    running = [lab.start(config=config, pod=pod) for pod in range(3)]
    ended = [lab.end(process) for process in running]

    assert [each.code for each in ended] == [0, 0, 0]
    assert all("loadlab_account" in each.stdout for each in ended)


@pytest.mark.measured  # how soon they are made depends on who else wants the CPU
def test_users_that_lack_are_made_when_answers_are_slow(lab, server):
    """Ten are there and a hundred needed: none is dropped, and each counts from when it was due."""
    server.delay = 1.0
    load = {"rate": 100, "readyVirtualUsers": 10, "maxVirtualUsers": 240}
    scenario = measured(lab.run(config=slow(lab, **load)))
    split = split_of(scenario)

    assert scenario.dropped_iterations == 0
    assert len(server.ids) == split.http_req_total.count == 200
    late, whole = known(split.http_req_lateness), known(split.http_req_from_intended)
    together = late.hdr.mean_us + split.http_req_total.hdr.mean_us
    assert whole.hdr.mean_us == pytest.approx(together, rel=0.005, abs=5)
    assert late.hdr.percentile_us(50) < 250_000  # they are made far sooner than users become free


def test_users_that_the_warm_up_needed_are_there_for_the_measurement(lab, server):
    server.delay = 1.0
    load = {"rate": 100, "readyVirtualUsers": 10, "maxVirtualUsers": 240, "warmupMs": 4000}
    scenario = measured(lab.run(config=slow(lab, **load)))

    assert scenario.dropped_iterations == 0
    assert known(split_of(scenario).http_req_lateness).hdr.percentile_us(90) < 20_000


def test_the_last_snapshot_is_taken_after_the_last_arrival(lab, server):
    """Also where many users of the warm-up are called together first."""
    server.delay = 0.5
    load = {"rate": 400, "readyVirtualUsers": 100, "maxVirtualUsers": 960, "warmupMs": 3000}
    ended = lab.run(config=slow(lab, **load))
    end = next(it for it in ended.lines("loadlab_snapshot") if it["edge"] == "end")

    assert end["takenAt"] >= measured(ended).schedule_start_us / 1e6 + 2.0


def test_what_waits_for_a_user_until_the_end_is_dropped_and_not_forgotten(lab, server):
    server.delay = 60.0
    load = {"rate": 100, "readyVirtualUsers": 10, "maxVirtualUsers": 50, "gracefulStopMs": 500}
    ended = lab.run(config=slow(lab, **load))
    scenario = measured(ended)

    assert scenario.dropped_iterations >= 150
    assert scenario.dropped_iterations + scenario.interrupted_iterations == 200


def slow(lab: Any, **load: Any) -> Any:
    how = {"executor": "constant-arrival-rate", "virtualUsers": None, "durationMs": 2000}
    return lab.configure(**how | load)


def test_users_that_wait_for_answers_are_sent_at_no_planned_moment(lab):
    scenario = measured(lab.run(config=lab.configure(durationMs=1000)))
    split = split_of(scenario)

    assert (split.http_req_lateness, split.http_req_from_intended) == (None, None)
    assert scenario.schedule_start_us == 0


def test_a_generator_that_stood_still_says_for_how_long_it_kept_users_waiting(lab, server):
    """By the send nobody has waited for it; by their intended starts they have."""
    process = lab.start(config=configured(lab, "Even"))
    deadline = time.monotonic() + 60
    while len(server.ids) < RATE // 2:
        assert time.monotonic() < deadline, "the load never began"
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    process.send_signal(signal.SIGCONT)
    split = split_of(measured(lab.end(process)))

    longest_us = 0.9 * 500_000
    assert known(split.http_req_lateness).hdr.max_us > longest_us
    assert known(split.http_req_from_intended).hdr.max_us > longest_us
