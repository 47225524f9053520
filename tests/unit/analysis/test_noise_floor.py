"""A cell that runs under two names in every block is compared with itself."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.cells import AnalysedCell
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.noise_floor import Finding, judge_floor, noise_floor, told
from loadlab.catalogue import Cell
from loadlab.model.status import NoiseFloor
from loadlab.model.trial import TrialRole
from tests.unit.analysis.claims import at_rate, rows_of, sized

CONTROL, OTHER = Cell(variant="sync", workers=1), Cell(variant="async", workers=1)
NOISE = (1.0, 1.01, 0.99, 1.005, 0.995)
LOGS = st.lists(
    st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=8
)


def arm(
    replicates: list[Replicate], role: TrialRole = TrialRole.MEASURED, cell: Cell = CONTROL
) -> AnalysedCell:
    (row,) = rows_of(replicates or [at_rate(cell, 0, 1000)])
    return AnalysedCell(row, {}, tuple(replicates), role)


def trials(cell: Cell = CONTROL, *, blocks: int = 5, cpu: float = 500) -> list[Replicate]:
    return [
        sized(cell, block, 1000 * NOISE[block % 5], cpu * NOISE[-1 - block % 5], 40)
        for block in range(blocks)
    ]


def floors(again: list[Replicate], *others: list[Replicate]) -> dict[str, NoiseFloor]:
    cells = [arm(trials()), *(arm(each, cell=OTHER) for each in others)]
    found = noise_floor([*cells, arm(again, TrialRole.CONTROL_AGAIN)])
    return {floor.figure: floor for floor in found}


def test_each_figure_of_the_second_run_is_divided_by_that_of_the_first() -> None:
    found = floors(trials(cpu=490), trials(OTHER, cpu=5000))

    assert list(found) == ["requestsPerSecond", "cpuMicros", "p95Ms"]
    cpu = found["cpuMicros"]
    assert [cpu.ratio, cpu.low, cpu.high] == [pytest.approx(0.98)] * 3
    assert cpu.blocks == 5
    assert found["p95Ms"].ratio == pytest.approx(1.0)


def test_blocks_count_that_have_both() -> None:
    assert floors(trials(blocks=3))["cpuMicros"].blocks == 3


def test_without_latency_none_is_compared() -> None:
    both = [arm(trials()), arm(trials(), TrialRole.CONTROL_AGAIN)]

    found = noise_floor(both, latency=False)

    assert [floor.figure for floor in found] == ["requestsPerSecond", "cpuMicros"]


def test_cells_that_run_once_a_block_have_no_floor() -> None:
    assert noise_floor([arm(trials())]) == ()


def test_a_second_run_that_came_to_no_result_is_told() -> None:
    found = floors([])

    assert [floor.ratio for floor in found.values()] == [None] * 3
    assert judge_floor(list(found.values())) == (
        Finding.UNKNOWN,
        "requests per second unknown, CPU per request unknown, p95 unknown",
    )


@given(logs=LOGS)
def test_the_ratio_turns_over_when_the_two_names_are_swapped(
    logs: list[tuple[float, float, float]],
) -> None:
    first = [sized(CONTROL, n, 1000, 500 * math.exp(a), 40) for n, (a, _, _) in enumerate(logs)]
    second = [sized(CONTROL, n, 1000, 500 * math.exp(b), 40) for n, (_, b, _) in enumerate(logs)]

    (there,) = _cpu(first, second)
    (back,) = _cpu(second, first)

    assert there.ratio is not None
    assert back.ratio is not None
    assert there.ratio * back.ratio == pytest.approx(1)
    assert there.p == pytest.approx(back.p)


def _cpu(control: list[Replicate], again: list[Replicate]) -> list[NoiseFloor]:
    found = noise_floor([arm(control), arm(again, TrialRole.CONTROL_AGAIN)])
    return [floor for floor in found if floor.figure == "cpuMicros"]


def floor_of(
    ratio: float | None, p: float | None = 0.4, *, within_margin: bool = True
) -> NoiseFloor:
    return NoiseFloor(figure="cpuMicros", ratio=ratio, blocks=5, p=p, within_margin=within_margin)


@pytest.mark.parametrize(
    ("blocks", "noise", "finding"),
    [
        (5, 0.005, Finding.LOW),
        (3, 0.005, Finding.LOW),
        (5, 0.30, Finding.HIGH),
        (3, 0.30, Finding.HIGH),
        (3, 0.90, Finding.HIGH),
        (2, 0.001, Finding.UNKNOWN),
        (1, 0.001, Finding.UNKNOWN),
    ],
)
def test_a_mean_near_1_is_a_low_floor_where_the_replicates_show_it(
    blocks: int, noise: float, finding: Finding
) -> None:
    """Ratios of 1.003 in the mean, however far they lie apart."""
    off = [noise * (2 * at / (blocks - 1) - 1) if blocks > 1 else 0.0 for at in range(blocks)]
    first = [sized(CONTROL, block, 1000, 500, 40) for block in range(blocks)]
    again = [
        sized(CONTROL, block, 1000, 500 * 1.003 * math.exp(off[block]), 40)
        for block in range(blocks)
    ]

    (floor,) = _cpu(first, again)

    assert floor.ratio == pytest.approx(1.003)
    assert floor.within_margin is (finding is Finding.LOW)
    assert judge_floor([floor])[0] is finding


@pytest.mark.parametrize(
    ("ratio", "p", "is_within", "finding"),
    [
        (1.049, 0.4, True, Finding.LOW),
        (1.049, 0.4, False, Finding.HIGH),
        (1.051, 0.4, False, Finding.HIGH),
        (0.949, 0.4, False, Finding.HIGH),
        (0.949, None, False, Finding.UNKNOWN),
        (1.0, None, False, Finding.UNKNOWN),
        (0.949, 0.049, False, Finding.DIFFERS),
        (1.051, 0.049, False, Finding.DIFFERS),
        (0.951, 0.001, False, Finding.HIGH),
        (0.951, 0.001, True, Finding.LOW),
        (None, None, False, Finding.UNKNOWN),
    ],
)
def test_five_percent_are_the_margin_and_chance_tells_noise_from_bias(
    ratio: float | None, p: float | None, is_within: bool, finding: Finding
) -> None:
    good, found = floor_of(1.0), floor_of(ratio, p, within_margin=is_within)

    assert judge_floor([good, found])[0] is finding
    assert judge_floor([found, good])[0] is finding


def test_what_is_known_to_be_noisy_is_told_before_what_is_not_known() -> None:
    unknown, noisy = (floor_of(1.0, p, within_margin=False) for p in (None, 0.4))

    assert judge_floor([unknown, noisy])[0] is Finding.HIGH


def test_only_the_figures_that_are_off_are_told_where_any_is() -> None:
    p95 = NoiseFloor(figure="p95Ms", ratio=1.08, low=1.02, high=1.14, blocks=5, p=0.01)

    assert judge_floor([floor_of(1.06, within_margin=False), p95]) == (
        Finding.DIFFERS,
        "p95 1.08 [1.02, 1.14]",
    )
    assert told([floor_of(1.0), p95]) == "CPU per request 1, p95 1.08 [1.02, 1.14]"
