"""Intervals cover what they say, equal cells are seldom told apart, and +5 % is found."""

import math
import random

import pytest

from loadlab.analysis.noise_floor import Finding
from loadlab.model.status import ComparisonOutcome
from tests.simulations.counting import Counting, share_coverage
from tests.simulations.growth import (
    PARAMETERS,
    ClosedQueue,
    Growth,
    Plateau,
    falls_told,
    fitted,
    knee_covers,
    law_coverage,
)
from tests.simulations.world import (
    World,
    coverage,
    experiments_with_a_best,
    families_with_a_claim,
    floors_found,
    mean_covers,
    pairs_cover,
    pooled_mean_covers,
    pooled_pairs_cover,
    power,
)

ROUNDS = 1000  # a standard error of 0.7 % at 95 %


@pytest.mark.parametrize("blocks", [3, 5, 10])
@pytest.mark.parametrize("noise", [0.05, 0.15, 0.30])
@pytest.mark.parametrize("drift", [0.0, 0.3], ids=["steady", "drifting"])
def test_students_interval_of_a_ratio_covers_what_it_says(
    blocks: int, noise: float, drift: float
) -> None:
    world = World(blocks, noise, drift=drift)

    assert 0.93 <= coverage(world, pairs_cover, ROUNDS) <= 0.97


@pytest.mark.parametrize("blocks", [3, 5, 10])
def test_students_interval_of_a_mean_covers_what_it_says(blocks: int) -> None:
    assert 0.93 <= coverage(World(blocks, 0.05), mean_covers, ROUNDS) <= 0.97


@pytest.mark.parametrize("covers", [pooled_pairs_cover, pooled_mean_covers])
@pytest.mark.parametrize("blocks", [3, 4])
@pytest.mark.parametrize("weather", [0.0, 0.1, 0.3])
def test_pooled_intervals_cover_where_all_cells_are_alike(covers, blocks, weather):
    world = World(blocks, 0.05, weather=weather)

    assert coverage(world, covers, ROUNDS) >= 0.93


@pytest.mark.parametrize("covers", [pooled_pairs_cover, pooled_mean_covers])
@pytest.mark.parametrize("noisier", [2, 4, 10])
def test_pooled_intervals_cover_a_cell_that_is_noisier_than_the_others(covers, noisier):
    world = World(3, 0.05, noisier=noisier)

    assert coverage(world, covers, ROUNDS) >= 0.90 - 0.019  # two standard errors


@pytest.mark.parametrize("blocks", [3, 4, 5, 10])
def test_equal_cells_are_told_apart_in_one_experiment_of_twenty_at_most(blocks: int) -> None:
    assert families_with_a_claim(World(blocks, 0.05), 150) <= 0.05 + 0.035  # two standard errors


@pytest.mark.parametrize("blocks", [3, 5, 10])
@pytest.mark.parametrize("noise", [0.05, 0.20])
def test_a_cell_run_twice_is_seldom_said_to_differ_from_itself(blocks: int, noise: float) -> None:
    found = floors_found(World(blocks, noise, cells=3), 150)

    assert found[Finding.DIFFERS] <= 0.05 + 0.035  # two standard errors


def test_a_bias_of_ten_percent_is_seen_by_five_blocks() -> None:
    found = floors_found(World(5, 0.025, cells=3, gain=math.log(1.10)), 100)

    assert found[Finding.DIFFERS] >= 0.9


@pytest.mark.parametrize("blocks", [3, 5])
@pytest.mark.parametrize("noise", [0.01, 0.05, 0.20])
def test_a_noise_floor_of_five_percent_is_seldom_said_to_be_low(blocks: int, noise: float) -> None:
    """Two one-sided tests at 5 %, of each figure; two standard errors of 150 rounds are 3.6 %."""
    found = floors_found(World(blocks, noise, cells=3, gain=math.log(1.05)), 150)

    assert found[Finding.LOW] <= 0.05 + 0.036


def test_that_of_a_calm_machine_is_found_to_be_low() -> None:
    assert floors_found(World(5, 0.01, cells=3), 100)[Finding.LOW] >= 0.9


def test_five_percent_are_found_by_ten_pairs() -> None:
    world = World(10, 0.025, cells=2, gain=math.log(1.05))

    assert power(world, 100)[ComparisonOutcome.IMPROVED] >= 0.9


def test_equal_cells_are_found_equivalent_by_twenty_pairs() -> None:
    assert power(World(20, 0.025, cells=2), 50)[ComparisonOutcome.EQUIVALENT] >= 0.9


@pytest.mark.parametrize("blocks", [3, 5, 10])
@pytest.mark.parametrize("cells", [2, 6])
def test_of_equal_cells_none_is_recommended_in_nineteen_of_twenty(cells: int, blocks: int) -> None:
    """Where nothing differs 5 % at most; two standard errors of 400 rounds are 2.2 %."""
    assert experiments_with_a_best(World(blocks, 0.15, cells=cells), 400) <= 0.072


@pytest.mark.parametrize("share", [0.0002, 0.001, 0.01, 0.05])
@pytest.mark.parametrize("replicates", [3, 5])
def test_exact_intervals_of_a_share_cover_at_least_what_they_say(share, replicates):
    assert share_coverage(Counting(share, replicates), ROUNDS) >= 0.95 - 0.014  # two errors


@pytest.mark.parametrize("replicates", [3, 5])
def test_they_cover_a_share_that_differs_between_replicates(replicates):
    assert share_coverage(Counting(0.05, replicates, spread=0.3), ROUNDS) >= 0.93


@pytest.mark.parametrize("blocks", [3, 5])
@pytest.mark.parametrize("sizes", [(1, 2, 4, 8), (1, 2, 4, 8, 16), (8, 16, 32, 64, 128)])
def test_intervals_of_the_scalability_law_cover_what_they_say(blocks, sizes):
    found = law_coverage(Growth(sizes, blocks), 600)  # a standard error of 0.9 %

    assert {name: 0.93 <= covers <= 0.97 for name, covers in found.items()} == dict.fromkeys(
        PARAMETERS, True
    )


def test_a_straight_line_is_seldom_said_to_bend():
    chance, straight = random.Random(1), Growth(contention=0, coherence=0)

    assert sum(fitted(straight, chance).bends for _ in range(400)) / 400 <= 0.05 + 0.022


@pytest.mark.parametrize("blocks", [3, 5])
@pytest.mark.parametrize("noise", [0.01, 0.03])
@pytest.mark.parametrize("sizes", [(1, 2, 4, 8), (1, 2, 4, 8, 16), (1, 2, 4, 6, 8, 12, 16)])
def test_a_closed_queue_is_seldom_said_to_fall(sizes, noise, blocks):
    """It grows with each user; two standard errors of 100 rounds are 4.4 %."""
    assert falls_told(ClosedQueue(sizes, blocks, noise=noise), 100) <= 0.05 + 0.044


@pytest.mark.parametrize("blocks", [3, 5])
@pytest.mark.parametrize("noise", [0.003, 0.01, 0.03])
def test_nor_is_a_plateau(noise, blocks):
    assert falls_told(Plateau(blocks=blocks, noise=noise), 100) <= 0.05 + 0.044


def test_a_fall_by_a_twelfth_is_seen_by_five_blocks() -> None:
    """From 8 to 16 workers, at 1 % noise."""
    assert falls_told(Growth(blocks=5, coherence=0.01, noise=0.01), 100) >= 0.9


def test_the_knee_of_a_hard_limit_lies_in_its_interval() -> None:
    """A size lies on the knee: noise says to which line it belongs, and costs some coverage."""
    chance = random.Random(1)

    assert sum(knee_covers(chance) for _ in range(400)) / 400 >= 0.85
