"""Noise pooled over cells: exact without noise, and as the textbooks have it with all trials."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.blocks import BlockNoise, Logs, block_noise

# Montgomery, Design and Analysis of Experiments, 8th edition, example 4.1: flicks of four
# extrusion pressures (cells) in six batches of resin (blocks). Its table of the analysis of
# variance: blocks 192.25 with 5 degrees of freedom, error 109.89 with 15, mean square 7.33.
PRINTED = (
    (90.3, 89.2, 98.2, 93.9, 87.4, 97.9),
    (92.5, 89.5, 90.6, 94.7, 87.0, 95.8),
    (85.5, 90.8, 89.6, 86.2, 88.0, 93.4),
    (82.5, 89.5, 85.6, 87.4, 78.9, 90.7),
)


def noise_of(*cells: Logs) -> BlockNoise:
    found = block_noise(cells)
    assert found is not None
    return found


def test_the_noise_is_that_of_the_printed_analysis_of_variance() -> None:
    found = noise_of(*(dict(enumerate(values)) for values in PRINTED))

    assert found.residual == pytest.approx(7.33, abs=0.005)
    assert found.residual_degrees == 15
    # The variance of a batch is (38.45 - 7.33) / 4 cells.
    assert found.total == pytest.approx(7.33 + (38.45 - 7.33) / 4, abs=0.01)


def test_missing_trials_leave_an_exact_fit_exact() -> None:
    blocks, cells = (0.3, -0.2, 0.9), (5.0, 7.0, 6.0)
    table = [{b: cell + effect for b, effect in enumerate(blocks)} for cell in cells]
    del table[0][1], table[2][0]

    found = noise_of(*table)

    assert found.residual == pytest.approx(0.0, abs=1e-20)
    assert found.residual_degrees == 2  # 7 values, 3 cells, 2 more for 3 blocks


def test_least_squares_beat_every_other_choice_of_block_effects() -> None:
    chance = random.Random(3)
    table = [{b: chance.gauss() for b in range(4) if (c, b) != (1, 2)} for c in range(3)]
    found = noise_of(*table)

    def left(effects: list[float]) -> float:
        total = 0.0
        for cell in table:
            rest = [value - effects[block] for block, value in cell.items()]
            total += sum((value - sum(rest) / len(rest)) ** 2 for value in rest)
        return total

    least = found.residual * found.residual_degrees
    assert all(left([chance.gauss() for _ in range(4)]) >= least for _ in range(500))


def test_one_cell_alone_has_the_variance_of_its_values() -> None:
    found = noise_of({1: 1.0, 2: 2.0, 3: 3.0})

    assert found.total == pytest.approx(1.0)
    assert found.total_degrees == 2.0
    assert found.residual_degrees == 0


def test_without_two_values_in_any_cell_nothing_is_known() -> None:
    assert block_noise([]) is block_noise([{1: 2.0}, {}, {2: 1.0}]) is None


@given(st.lists(st.floats(-3, 3), min_size=4, max_size=4), st.integers(0, 10**6))
def test_weather_of_the_blocks_is_no_noise(weather: list[float], seed: int) -> None:
    chance = random.Random(seed)
    table = [{b: chance.gauss(sigma=0.1) for b in range(4)} for _ in range(3)]
    stormy = [{b: value + weather[b] for b, value in cell.items()} for cell in table]

    assert noise_of(*stormy).residual == pytest.approx(noise_of(*table).residual, rel=1e-6)


@given(st.integers(0, 10**6))
def test_the_degrees_lie_between_those_of_the_blocks_and_of_all_values(seed: int) -> None:
    chance = random.Random(seed)
    found = noise_of(*({b: chance.gauss() for b in range(3)} for _ in range(5)))

    assert 1.9 <= found.total_degrees <= 10 + 1e-9
