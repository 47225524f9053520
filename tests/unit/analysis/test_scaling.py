"""A law is told where the data carry one; else the reason why not."""

import math
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from loadlab.analysis.expectation import Replicate
from loadlab.analysis.scaling import scaling_of
from loadlab.catalogue import Cell, Factor, Level
from loadlab.model.status import ResultRow, Scaling
from tests.simulations.growth import ClosedQueue, Growth, Plateau, says_it_falls
from tests.simulations.growth import trials as sweep
from tests.unit.analysis.claims import rows_of, sized

WORLD = Growth(contention=0.05, coherence=0.01, noise=0.005, weather=0.0)  # its peak is at 9.7


def trials(world: Growth, variant: str = "a", **levels: Level) -> list[Replicate]:
    return sweep(world, random.Random(1), variant, **levels)


def scaling(replicates: list[Replicate]) -> tuple[Scaling, ...]:
    return scaling_of(rows_of(replicates), replicates)


def told(world: Growth) -> Scaling:
    (found,) = scaling(trials(world))
    return found


def test_a_law_with_its_peak_is_told():
    found = told(WORLD)

    assert (found.factor, found.of, found.levels, found.why) == ("workers", "a", 5, None)
    assert found.contention is not None
    assert found.contention.low is not None
    assert found.contention.high is not None
    assert found.contention.low <= 0.05 <= found.contention.high
    assert found.peak_at == pytest.approx(math.sqrt(0.95 / 0.01), rel=0.05)
    assert found.peak == pytest.approx(WORLD.throughput(9.75), rel=0.03)
    assert found.rate_of_one is not None
    assert found.peak is not None
    assert found.knee == pytest.approx(found.peak / found.rate_of_one.mean)
    assert found.recommendation == "8 workers carry the most; 16 carry less, 93% of that"


def test_a_smaller_level_that_carries_nearly_as_much_is_enough():
    found = told(Growth((1, 2, 4, 6, 8), contention=0.3, coherence=0.002, noise=0.005))

    assert found.recommendation == "6 workers carry 93% of what 8 do"
    assert found.why == "throughput is not seen to fall up to 8 workers"
    assert (found.peak_at, found.peak, found.knee) == (None, None, None)


def test_where_each_step_still_gains_none_is_enough():
    found = told(Growth(contention=0.04, coherence=0, noise=0.005))

    assert found.recommendation == (
        "16 workers carry the most that was measured; more may carry more"
    )
    assert found.why == "throughput is not seen to fall up to 16 workers"


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (Growth(contention=0, coherence=0), "throughput grows in proportion up to 16 workers"),
        (Growth(contention=0.0005, coherence=0, noise=0), "grows in proportion"),
        (Growth((1, 2, 4, 8), blocks=2), "fewer than 3 replicates"),
        (Growth((1, 2, 3, 4), 3, 0.2, 0.001, noise=0.1), "known no better than by their own size"),
    ],
    ids=["a line", "nearly a line", "two replicates", "much noise"],
)
def test_the_law_is_refused_where_it_would_say_more_than_the_data(world, why):
    found = told(world)

    assert found.why is not None
    assert why in found.why
    assert (found.contention, found.peak, found.recommendation) == (None, None, "")


@pytest.mark.parametrize("sign", [1, -1], ids=["below", "above"])
@pytest.mark.parametrize(
    ("noise", "lost", "known"), [(0.01, 0.01, ""), (0.04, 0.02, ", within 9%")]
)
def test_growth_in_proportion_is_told_with_what_it_is_known_within(noise, lost, known, sign):
    """By the end of the interval that lies further off, on whichever side of the line."""
    found = told_of(
        (size, block, sign * (noise * z - lost * (size - 1) / 7))
        for size, row in zip((1, 2, 4, 8), UNEVEN, strict=True)
        for block, z in enumerate(row)
    )

    assert found.why == (
        f"throughput grows in proportion up to 8 workers{known}: where that ends takes larger "
        "levels"
    )


UNEVEN = ((1, -1, 0), (0, 1, -1), (-1, 0, 1), (1, -1, 0))


def told_of(logs: Iterable[tuple[int, int, float]]) -> Scaling:
    """What is told of throughputs whose logarithms lie so far from proportion, by size, block."""
    (found,) = scaling(
        [
            sized(Cell(variant="a", workers=size), block, 1000 * size * math.exp(log), 100.0, 5.0)
            for size, block, log in logs
        ]
    )
    return found


def test_a_hard_limit_is_named_as_one():
    replicates = [
        sized(Cell(variant="sync", virtual_users=users), block, rate, 100.0, 5.0)
        for users in (1, 10, 20, 40, 80, 160)
        for block in range(5)
        for rate in [min(10.0 * users, 400.0) * (1 + 0.01 * ((users + block) % 3 - 1))]
    ]

    (found,) = scaling(replicates)

    assert found.factor == "virtualUsers"
    assert found.limit is not None
    assert found.limit.mean == pytest.approx(400, rel=0.01)
    assert found.knee == pytest.approx(40, rel=0.01)
    assert (found.contention, found.why) == (None, None)
    assert found.recommendation == (
        "40 virtual users reach a hard limit of 400 requests per second, which begins at 40"
    )


def test_what_follows_neither_the_law_nor_a_hard_limit_is_refused():
    rates = {1: 10.0, 10: 100.0, 20: 120.0, 40: 390.0, 80: 250.0}
    replicates = [
        sized(Cell(variant="sync", virtual_users=users), block, rate * noise, 100.0, 5.0)
        for users, rate in rates.items()
        for block, noise in enumerate((0.99, 1.0, 1.01))
    ]

    (found,) = scaling(replicates)

    assert found.why == (
        "throughput up to 80 virtual users does not follow the law: it has a limit of another kind"
    )
    assert (found.limit, found.contention) == (None, None)


@pytest.mark.parametrize(
    ("world", "enough"),
    [
        (ClosedQueue((1, 2, 4, 8), 5, noise=0.02), "4 workers carry 91% of what 8 do"),
        (
            Plateau(blocks=5, noise=0.01),
            "6 workers carry 98% of what 16 do, and are not told apart from them",
        ),
        (Growth(blocks=5, coherence=0.008, noise=0.03), "8 workers are enough: up to 16 no gain"),
    ],
    ids=["a closed queue", "a knee and a plateau", "a fall of 2 % at 3 % noise"],
)
def test_no_fall_is_told_that_is_not_in_the_levels(world: Growth, enough: str) -> None:
    """The law bends as sharply by a peak alone: by its form, not by what was measured."""
    found = told(world)

    assert not says_it_falls(found)
    assert (found.peak_at, found.peak, found.knee) == (None, None, None)
    assert found.recommendation.startswith(enough)


def test_where_the_law_is_missed_the_levels_that_were_measured_say_what_is_enough() -> None:
    rates = (100.0, 190.0, 330.0, 420.0, 430.0, 200.0)

    found = told(Plateau(blocks=5, noise=0.01, sizes=(1, 2, 4, 8, 16, 32), rates=rates))

    assert found.why is not None
    assert found.why.endswith("it has a limit of another kind")
    assert (found.rate_of_one, found.peak_at) == (None, None)
    assert found.recommendation == ("8 workers carry 98% of what 16 do; 32 carry less, 47%")


def test_a_fall_that_begins_with_the_least_level_has_no_peak() -> None:
    found = told(Plateau(noise=0.01, sizes=(1, 2, 4, 8), rates=(100.0, 90.0, 81.0, 73.0)))

    assert found.peak_at is None
    assert found.why == ("throughput falls from 1 to 8 workers; the law has no peak that is known")


def test_a_level_without_a_usable_trial_leaves_the_law_to_the_others():
    replicates = trials(WORLD)
    usable = [each for each in replicates if each.cell.number(Factor.WORKERS) != 16]

    (found,) = scaling_of(rows_of(replicates), usable)

    assert found.levels == 4


def test_so_does_a_level_of_which_no_throughput_is_told():
    replicates = trials(WORLD)
    *rows, last = rows_of(replicates)
    untold = last.model_copy(update={"requests_per_second": None})

    (found,) = scaling_of([*rows, untold], replicates)

    assert found.levels == 4


def test_no_more_laws_are_told_than_a_status_has_room_for():
    many = [each for size in range(1, 23) for each in trials(WORLD, "a", pool_size=size)]

    assert len(scaling(many)) == 20


def test_a_throughput_that_the_generator_limited_bends_no_line():
    replicates = trials(Growth(contention=0.2, noise=0.01))
    rows = [
        bounded(row) if row.cell.number(Factor.WORKERS) in {8, 16} else row
        for row in rows_of(replicates)
    ]

    (found,) = scaling_of(rows, replicates)

    assert found.why == ("3 of 5 levels have a throughput that the service set; the law needs 4")


def bounded(row: ResultRow) -> ResultRow:
    assert row.requests_per_second is not None
    rate = row.requests_per_second.as_lower_bound("GeneratorSaturated")
    return row.model_copy(update={"requests_per_second": rate})


def test_each_variant_has_its_law_at_each_of_the_other_levels():
    replicates = [
        *trials(WORLD, "a", pool_size=5),
        *trials(WORLD, "a", pool_size=10),
        *trials(WORLD, "b", pool_size=10),
    ]

    assert [found.of for found in scaling(replicates)] == [
        "a/poolSize=5",
        "a/poolSize=10",
        "b/poolSize=10",
    ]


def test_three_levels_are_no_sweep_of_a_size():
    assert scaling(trials(Growth((1, 2, 4)))) == ()


def test_an_offered_rate_is_no_throughput_to_scale():
    offered = [replace(each, trial=replace(each.trial, open_model=True)) for each in trials(WORLD)]

    assert scaling(offered) == ()


def test_a_law_over_workers_mixes_no_levels_of_the_service_cpus():
    """With twice the CPUs throughput is another: fitted together neither law would be so."""
    larger = Growth(rate=2 * WORLD.rate, contention=0.05, coherence=0.01, noise=0.01, weather=0.0)
    found = scaling(trials(WORLD, service_cpu="1") + trials(larger, service_cpu="2"))

    assert [each.of for each in found] == ["a/serviceCpu=1", "a/serviceCpu=2"]
    assert [each.levels for each in found] == [5, 5]
    first, second = (each.rate_of_one for each in found)
    assert first is not None
    assert second is not None
    assert second.mean / first.mean == pytest.approx(2, rel=0.05)


def test_of_levels_that_did_not_take_turns_no_law_is_told():
    """They ran one after the other, so that a drift of the machine bends what they carried."""
    replicates = trials(WORLD)

    (found,) = scaling_of(rows_of(replicates), replicates, why="they did not take turns")

    assert found == Scaling(factor="workers", of="a", levels=5, why="they did not take turns")


def test_levels_past_the_knee_have_no_law_and_a_level_that_is_enough():
    found = told(Growth((20, 40, 80, 160), contention=0.99, coherence=0, noise=0.05))

    assert found.why == (
        "the rate of one is not known from these levels: measure fewer workers, too, or more "
        "replicates"
    )
    assert (found.rate_of_one, found.contention, found.peak_at) == (None, None, None)
    assert found.recommendation.startswith("20 workers")
