"""Steady noise is seldom called growth or a warm-up, and a queue that grows is seen."""

import pytest

from tests.simulations.queues import grows, noisy, queue, share_told, warms_up

ROUNDS = 150
MOST = 0.05 + 0.035  # two standard errors


@pytest.mark.parametrize("says", [grows, warms_up])
@pytest.mark.parametrize("seconds", [7, 14, 30])
@pytest.mark.parametrize(("noise", "memory"), [(0.1, 0.0), (0.3, 0.0), (0.3, 0.5)])
def test_steady_noise_is_no_transient(says, seconds, noise, memory):
    assert share_told(noisy(seconds, noise, memory), says, ROUNDS) <= MOST


@pytest.mark.parametrize("use", [0.5, 0.8, 0.9])
def test_a_busy_queue_that_carries_its_load_is_steady(use):
    assert share_told(queue(8, 200, use), grows, 50) <= 0.05 + 0.06


@pytest.mark.parametrize(("seconds", "use"), [(8, 1.2), (14, 1.1)])
def test_a_queue_that_does_not_carry_its_load_is_seen_to_grow(seconds, use):
    assert share_told(queue(seconds, 200, use), grows, 40) >= 0.9
