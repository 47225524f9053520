"""A search finds a capacity that is known, with fewer trials than the sweep of the same range."""

import pytest

from tests.simulations.searches import Queue, cost, near, rounds, told_apart

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


UNDECIDED = [0.0, 0.1, 0.25]  # so near to its bound a p95 decides nothing


@pytest.mark.parametrize("cells", [2, 6])
@pytest.mark.parametrize("bound", [2.0, 5.0])
@pytest.mark.parametrize("undecided", UNDECIDED)
def test_of_equal_cells_none_is_said_to_carry_more(cells, bound, undecided):
    """One of two equal cells was in 64 of 100: it held where the other failed."""
    queue = Queue(bound_in_idle_p95s=bound, undecided=undecided)

    assert told_apart([queue] * cells, ROUNDS // 2).of_all <= 0.05


@pytest.mark.parametrize("undecided", UNDECIDED)
def test_of_ten_equal_cells_none_is_set_aside(undecided):
    assert told_apart([Queue(undecided=undecided)] * 10, ROUNDS // 5).of_any <= 0.05


@pytest.mark.parametrize(
    ("more", "undecided", "share"),
    [(1.333, 0.0, 0.95), (1.333, 0.1, 0.8), (1.5, 0.1, 0.9), (2.0, 0.1, 0.95), (2.0, 0.25, 0.85)],
)
def test_a_cell_that_carries_so_much_more_is_said_to(more, undecided, share):
    """Of twice as much in 10 to 69 of 100, where what was undecided was held to carry anything."""
    cells = [Queue(undecided=undecided), Queue(speed=1000 * more, undecided=undecided)]

    assert told_apart(cells, ROUNDS // 2).of_all >= share
