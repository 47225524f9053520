"""How much of a latency may be the generator's own, by what it was short of.

A healthy one waits 0.5 ms for a CPU (p99): of a request that is 1.5 ms, as it waits three times.
"""

from dataclasses import replace

import pytest

from loadlab.validity.generator_rules import OwnDelay, own_delay
from tests.unit.validity.changed_trials import generator

HALF, WAITS_MS = 0.5, 1.5


def test_one_that_had_all_it_needed_added_nothing(healthy):
    assert own_delay(healthy) is None


@pytest.mark.parametrize(
    ("was", "expected"),
    [
        ({"cpu_share": 0.61}, OwnDelay(HALF, WAITS_MS)),
        ({"sched_wait_share": 0.06}, OwnDelay(HALF, WAITS_MS)),
        ({"sched_wait_p99_ms": 2.0}, OwnDelay(0.0, 6.0)),
        ({"throttled_share": 0.02}, OwnDelay(0.0, WAITS_MS + 100)),
        ({"longest_pause_seconds": 0.75}, OwnDelay(0.0, WAITS_MS + 750)),
        (
            {"throttled_share": 0.02, "longest_pause_seconds": 0.75},
            OwnDelay(0.0, WAITS_MS + 100 + 750),
        ),
        ({"cpu_share": 0.61, "longest_pause_seconds": 0.5}, OwnDelay(HALF, WAITS_MS)),
    ],
    ids=["busy", "waited", "single waits", "throttled", "paused", "both", "hardly paused"],
)
def test_it_is_what_it_waited_was_stopped_for_and_stood_still(healthy, was, expected):
    assert own_delay(generator(**was)(healthy)) == expected


@pytest.mark.parametrize(("latency_ms", "own_ms"), [(100.0, 50.0), (20.0, 15.0)])
def test_of_a_latency_the_larger_of_a_share_and_a_time_counts(latency_ms, own_ms):
    assert OwnDelay(HALF, 15.0).of_ms(latency_ms) == own_ms


def test_a_trial_without_a_request_has_no_time_to_hold_it_against(healthy):
    """A script that throws before its first request ended the analysis."""
    first = healthy.first_request_epoch_seconds
    nothing = replace(healthy, requests=0, iterations=0, last_answer_epoch_seconds=first)
    paused = replace(nothing, generator=replace(nothing.generator, longest_pause_seconds=2.0))

    assert own_delay(nothing) is None
    found = own_delay(paused)
    assert found
    assert found.ms == pytest.approx(2000, rel=0.01)
