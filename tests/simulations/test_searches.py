"""A search finds a capacity that is known, with fewer trials than the sweep of the same range."""

import pytest

from tests.simulations.searches import Queue, cost, near, rounds

ROUNDS = 1000


@pytest.mark.parametrize("speed", [60.0, 1000.0, 40_000.0])
@pytest.mark.parametrize("noise", [0.0, 0.025, 0.05])
def test_it_finds_the_capacity_at_less_than_half_of_the_trials(speed, noise):
    found = rounds(Queue(speed, noise), ROUNDS)

    assert near([it.search for it in found]) >= 0.95
    assert cost(found) <= 0.4


def test_each_search_is_near_the_sweep_of_its_own_range():
    found = rounds(Queue(), ROUNDS)
    ended = [it for it in found if it.sweep.share]  # its lowest rate may fail by chance

    assert len(ended) >= 0.98 * ROUNDS
    near_it = sum(abs(it.search.share / it.sweep.share - 1) <= 0.1 for it in ended)
    assert near_it >= 0.95 * len(ended)


def test_a_loose_criterion_near_the_full_speed_is_found_as_well():
    found = rounds(Queue(bound_in_idle_p95s=20.0), ROUNDS)

    assert near([it.search for it in found]) >= 0.95


def test_a_pilot_that_is_far_off_costs_trials_and_not_the_truth():
    found = rounds(Queue(pilot_off=0.9), ROUNDS)

    assert near([it.search for it in found]) >= 0.95
