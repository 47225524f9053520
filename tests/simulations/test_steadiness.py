"""Steady noise is seldom called growth or a warm-up, and a queue that grows is seen."""

import pytest

from tests.simulations.queues import grows, is_left_over, noisy, queue, share_told, warms_up

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


@pytest.mark.parametrize("seconds", [8, 12, 30])
def test_a_service_that_carries_its_load_is_seldom_called_overloaded(seconds):
    """Nor one whose queue wanders: a false one fails an experiment."""
    steady = (noisy(seconds, 0.6), noisy(seconds, 0.3, 0.8), queue(seconds, 200, 0.9))

    assert [share_told(window, is_left_over, 100) for window in steady] == [0, 0, 0]
    assert share_told(queue(seconds, 50, 0.95), is_left_over, 100) <= 0.06


@pytest.mark.parametrize("use", [1.1, 1.2])
def test_a_queue_that_does_not_carry_its_load_is_called_overloaded(use):
    assert share_told(queue(30, 200, use), is_left_over, 100) == 1
