"""What is told of levels says no more than they do: of noise, of bounds and of criteria."""

import random
import re

import pytest

from loadlab.analysis.scaling import scaling_of
from loadlab.catalogue import Cell, Factor
from loadlab.model.status import ResultRow, Scaling
from tests.simulations.growth import ClosedQueue, Growth, Plateau
from tests.simulations.growth import trials as sweep
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_scaling import bounded

SLIGHT = Growth((1, 2, 4, 8), blocks=3, contention=0.05, coherence=0, noise=0.2, weather=0)
QUEUE = ClosedQueue((1, 2, 4, 8), blocks=5, noise=0.01, weather=0)
LIMIT = {1: 10.0, 10: 100.0, 20: 200.0, 40: 400.0, 80: 400.0}


def told(
    world: Growth, seed: int = 1, passing: set[int] | None = None, bounds: tuple[int, ...] = ()
) -> Scaling:
    replicates = sweep(world, random.Random(seed), "a")
    rows = [bounded(row) if level(row) in bounds else row for row in rows_of(replicates)]
    fit = None if passing is None else {r.cell.title() for r in rows if level(r) in passing}
    (found,) = scaling_of(rows, replicates, fit)
    return found


def level(row: ResultRow) -> int | None:
    return row.cell.number(Factor.WORKERS)


def test_noise_that_hides_a_bend_is_no_growth_in_proportion() -> None:
    """Of a loss of 26 % the F test finds nothing in two thirds of such sweeps."""
    found = [told(SLIGHT, seed).why or "" for seed in range(60)]

    unseen = [why for why in found if "is not told from growth in proportion" in why]
    claims = [why for why in found if "grows in proportion" in why]
    assert len(unseen) > 20
    assert all("more replicates" in why for why in unseen)
    assert any("% below it" in why for why in unseen)
    # By chance the curve is straight: then it is said how far it may be from that.
    assert all(", within " in why for why in claims)
    assert len(claims) < 10


def test_a_line_that_is_known_well_needs_no_reservation() -> None:
    why = told(Growth(contention=0, coherence=0, noise=0.005, weather=0)).why

    assert why == (
        "throughput grows in proportion up to 16 workers: where that ends takes larger levels"
    )


def test_a_bound_beyond_all_that_the_service_set_is_what_is_told() -> None:
    """The largest of those without the generator's limit was said to carry the most."""
    world = Growth((1, 2, 4, 8, 16), contention=0.05, coherence=0, noise=0.005, weather=0)

    found = told(world, bounds=(16,))

    assert found.levels == 4
    assert re.fullmatch(
        r"16 workers carry 9,\d{3} requests per second or more, beyond all levels whose throughput "
        "the service set",
        found.recommendation,
    )


def test_a_bound_below_the_most_changes_nothing() -> None:
    rates = (100.0, 180.0, 300.0, 340.0, 200.0)
    world = Plateau(blocks=5, noise=0.01, weather=0, sizes=(1, 2, 4, 8, 16), rates=rates)

    assert told(world, bounds=(16,)).recommendation == (
        "8 workers carry the most that was measured; more may carry more"
    )


def test_a_peak_is_none_where_more_was_carried_beyond_it() -> None:
    rates = (100.0, 180.0, 300.0, 340.0, 280.0, 600.0)
    sizes = (1, 2, 4, 8, 16, 32)
    fall = Plateau(noise=0.01, blocks=5, sizes=sizes, rates=rates)

    found = told(fall, bounds=(32,))

    assert (found.peak_at, found.peak, found.knee) == (None, None, None)
    assert "32 workers carry 6" in found.recommendation


def limited(beyond: float, passing: set[int] | None = None) -> Scaling:
    rates = LIMIT | {160: beyond}
    replicates = [
        sized(Cell(variant="sync", virtual_users=users), block, rate * noise, 100.0, 5.0)
        for users, rate in rates.items()
        for block, noise in enumerate((0.99, 1.0, 1.01))
    ]
    *rows, last = rows_of(replicates)
    users = Factor.VIRTUAL_USERS
    fit = None
    if passing is not None:
        fit = {row.cell.title() for row in rows if row.cell.number(users) in passing}
    (found,) = scaling_of([*rows, bounded(last)], replicates, fit)
    return found


def test_a_hard_limit_is_none_where_more_was_carried() -> None:
    assert limited(350.0).limit is not None

    assert limited(415.0).limit is not None  # which is more than the limit's interval by chance

    found = limited(800.0)

    assert found.limit is None
    assert found.recommendation.startswith("160 virtual users carry 800 requests per second or")


@pytest.mark.parametrize(("passing", "enough"), [({40, 80}, "40"), ({80}, "80"), ({10}, "")])
def test_what_reaches_a_hard_limit_meets_the_criteria(passing: set[int], enough: str) -> None:
    assert limited(350.0, passing).recommendation.partition(" ")[0] == enough


@pytest.mark.parametrize(
    ("passing", "words"),
    [
        ({1, 2, 4, 8}, "4 workers carry 9"),
        ({8}, "8 workers carry the most, and fewer are not known to meet all criteria"),
        ({1, 2}, ""),
        (set(), "4 workers carry 9"),  # none to choose from: what was measured
    ],
)
def test_the_level_that_is_enough_meets_the_criteria(passing: set[int], words: str) -> None:
    """4 workers were enough that failed the p95, beside a best cell of 8."""
    found = told(QUEUE, passing=passing)

    assert found.recommendation.startswith(words)
    assert bool(found.recommendation) == bool(words)


def test_a_level_whose_service_spoiled_runs_has_no_rate_for_the_law() -> None:
    """Its users hung in two of five: what the other three carried is what it carries at best."""
    world = Growth((1, 2, 4, 8), contention=0.05, coherence=0, noise=0.005, weather=0)
    replicates = sweep(world, random.Random(1), "a")
    spoiled = "LittleLawViolated: in a replicate that is not used: 20% apart"
    rows = [
        row.model_copy(update={"reasons": (spoiled,)} if level(row) == 8 else {})
        for row in rows_of(replicates)
    ]

    (found,) = scaling_of(rows, replicates)

    assert "8 workers" not in f"{found.why} {found.recommendation}"
