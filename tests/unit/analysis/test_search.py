"""Which rate a search tries next, by what its trials said: whatever they say, and in any order."""

import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.search import Limits, Tried, TriedRates, next_step
from loadlab.model.spec.load import Load
from loadlab.model.status import SearchEnd, StepOutcome
from loadlab.plan.bounds import MOST_STEPS, TIMES_TRIED

HELD, FAILED = StepOutcome.HELD, StepOutcome.FAILED
UNDECIDED, NOT_OFFERED = StepOutcome.INCONCLUSIVE, StepOutcome.NOT_OFFERED
WIDE = Limits(1, 100_000, 0.1)
Service = Callable[[int], StepOutcome | None]  # what a trial at a rate says


def search(says: Service, first: int, limits: Limits = WIDE) -> tuple[list[Tried], SearchEnd]:
    """Play a search to its end."""
    tried: list[Tried] = []
    step: int | SearchEnd = first
    while not isinstance(step, SearchEnd):
        tried.append(Tried(step, says(step)))
        step = next_step(tried, limits)
    return tried, step


def carries(capacity: float) -> Service:
    return lambda rate: HELD if rate <= capacity else FAILED


def rates(tried: list[Tried]) -> list[int]:
    return [each.rate for each in tried]


@given(
    capacity=st.floats(2, 90_000),
    first=st.integers(1, 100_000),
    share=st.sampled_from([0.02, 0.05, 0.1, 0.5]),
)
def test_what_carries_a_rate_is_found_as_near_as_is_wanted_in_few_trials(capacity, first, share):
    tried, end = search(carries(capacity), first, Limits(1, 100_000, share))
    known = TriedRates.of(tried)

    if end is SearchEnd.MAX_STEPS:  # the pilot trial was fifty times off
        assert not capacity / 50 < first < capacity * 50
        return
    assert end is SearchEnd.FOUND
    assert known.at_least is not None
    assert known.below is not None
    assert known.at_least <= capacity < known.below
    assert known.below <= max(known.at_least * (1 + share), known.at_least + 1)
    told = Counter(rates(tried))
    assert (told[known.at_least], told[known.below]) == (TIMES_TRIED, TIMES_TRIED)
    assert max(told.values()) == TIMES_TRIED


ANYTHING = st.sampled_from([HELD, HELD, FAILED, FAILED, UNDECIDED, NOT_OFFERED, None])


@given(
    answers=st.lists(ANYTHING, min_size=MOST_STEPS, max_size=MOST_STEPS),
    first=st.integers(10, 50_000),
    limits=st.sampled_from([WIDE, Limits(10, 50_000, 0.02), Limits(40, 60, 0.1)]),
    seed=st.integers(),
)
def test_whatever_the_trials_say_it_ends_within_its_limits_and_no_order_of_theirs_matters(
    answers, first, limits, seed
):
    first = min(max(first, limits.lowest), limits.highest)
    remaining, shuffled = iter(answers), random.Random(seed)

    tried, end = search(lambda _: next(remaining), first, limits)

    assert len(tried) <= MOST_STEPS
    assert all(limits.lowest <= each.rate <= limits.highest for each in tried)
    for count in range(1, len(tried) + 1):
        known = tried[:count]
        step = tried[count].rate if count < len(tried) else end
        shuffled.shuffle(known)
        assert next_step(known, limits) == step


@given(st.lists(st.tuples(st.integers(1, 50), ANYTHING), min_size=1, max_size=20), st.integers())
def test_one_more_trial_that_held_never_lowers_what_is_carried(pairs, seed):
    tried = [Tried(*pair) for pair in pairs]
    rate = random.Random(seed).choice(tried).rate
    before, after = (TriedRates.of(each) for each in (tried, [*tried, Tried(rate, HELD)]))

    assert (after.below or 99) >= (before.below or 99)
    assert (after.at_least or 0) >= (before.at_least or 0)


def test_the_rate_is_doubled_then_halved_then_bisected_in_few_digits():
    tried, _ = search(carries(730), 400)

    assert rates(tried)[:4] == [400, 800, 600, 700]


def test_a_service_that_carries_all_that_may_be_asked_ends_at_the_highest_rate():
    tried, end = search(carries(10_000), 400, Limits(1, 1000, 0.1))

    assert (rates(tried), end) == ([400, 800, 1000, 1000], SearchEnd.MAX_RATE)


def test_a_service_that_carries_nothing_ends_at_the_lowest_rate():
    tried, end = search(carries(0), 100, Limits(40, 1000, 0.1))

    assert (rates(tried), end) == ([100, 50, 40, 40], SearchEnd.MIN_RATE)
    assert TriedRates.of(tried).at_least is None


def test_one_noisy_trial_decides_nothing():
    """The service carries 1,000, and the first trial at 950 is spoiled by chance."""
    spoiled = iter([FAILED])

    def says(rate: int) -> StepOutcome | None:
        return next(spoiled, HELD) if rate == 950 else carries(1000)(rate)

    tried, end = search(says, 950, Limits(1, 100_000, 0.05))
    known = TriedRates.of(tried)

    assert end is SearchEnd.FOUND
    assert known.at_least is not None
    assert 950 <= known.at_least <= 1000
    assert rates(tried).count(950) >= 3


@pytest.mark.parametrize("outcome", [UNDECIDED, NOT_OFFERED])
def test_what_is_not_known_to_hold_does_not_count_as_held(outcome):
    tried, end = search(lambda rate: HELD if rate < 500 else outcome, 400)
    known = TriedRates.of(tried)

    assert (end, known.outcome_below()) == (SearchEnd.FOUND, outcome)
    assert known.at_least is not None
    assert known.at_least < 500


def test_what_the_generator_cannot_offer_is_not_asked_of_it_again():
    tried, _ = search(lambda rate: HELD if rate < 500 else NOT_OFFERED, 400)

    counts = Counter(rates(tried))
    assert {n for rate, n in counts.items() if rate >= 500} == {1}


def test_a_rate_of_which_two_trials_are_void_ends_it():
    tried, end = search(lambda rate: HELD if rate < 500 else None, 400)

    assert (rates(tried), end) == ([400, 800, 800], SearchEnd.NOT_MEASURED)


def test_the_first_rate_comes_from_elsewhere():
    with pytest.raises(ValueError, match="pilot trial"):
        next_step([], WIDE)


def test_limits_leave_enough_requests_for_a_window():
    """1,000 requests take 300 s at 3.3 a second; a longer window of the user's own allows less."""
    unit = {"time_unit": "1m"}

    assert Limits.of(Load()) == Limits(4, 100_000, 0.05)
    assert Limits.of(Load.model_validate(unit)).lowest == 200
    assert Limits.of(Load(duration="1h")).lowest == 1


def test_a_disputed_rate_bounds_nothing():
    known = TriedRates.of([Tried(400, HELD), Tried(440, HELD), Tried(440, FAILED)])

    assert (known.at_least, known.below, known.disputed()) == (400, None, 440)


def test_what_held_above_a_rate_that_failed_is_not_carried():
    known = TriedRates.of([Tried(500, HELD), Tried(440, FAILED), Tried(400, HELD)])

    assert (known.at_least, known.below) == (400, 440)


def test_trials_that_said_nothing_are_not_counted():
    known = TriedRates.of([Tried(400, HELD), Tried(400, HELD), Tried(400, None), Tried(9, None)])

    assert [known.times(rate) for rate in (400, 9, None)] == [2, 0, 0]


def test_it_ends_with_as_many_trials_as_it_may_have():
    growing = [Tried(rate, HELD) for rate in range(1, MOST_STEPS + 1)]

    assert next_step(growing[:-1], WIDE) == 2 * (MOST_STEPS - 1)
    assert next_step(growing, WIDE) is SearchEnd.MAX_STEPS


def test_bounds_that_are_exactly_as_near_as_is_wanted_are_near_enough():
    tried = 2 * [Tried(100, HELD), Tried(150, FAILED)]

    assert next_step(tried, Limits(1, 1000, 0.5)) is SearchEnd.FOUND
    assert next_step(tried, Limits(1, 1000, 0.49)) == 120


@pytest.mark.parametrize(
    ("low", "high", "between"),
    [(100, 110, 105), (3, 5, 4), (10_000, 10_300, 10_150), (96_000, 98_100, 97_000)],
)
def test_a_rate_between_has_as_few_digits_as_lie_near_the_middle(low, high, between):
    assert next_step([Tried(low, HELD), Tried(high, FAILED)], Limits(1, 100_000, 0.02)) == between


def test_nothing_lies_between_neighbours():
    tried = 2 * [Tried(4, HELD), Tried(5, FAILED)]

    assert next_step(tried, WIDE) is SearchEnd.FOUND


def test_a_crash_bounds_a_rate_by_itself_and_is_not_tried_again():
    """A rate that held twice beside it was said to be carried."""
    tried = [Tried(400, HELD), Tried(400, HELD), Tried(440, FAILED, has_crashed=True)]
    outvoted = [*tried, Tried(440, HELD), Tried(440, HELD)]

    for each in (tried, outvoted):
        known = TriedRates.of(each)
        assert (known.at_least, known.below, known.fails_from) == (400, 440, 440)
        assert (known.disputed(), next_step(each, WIDE)) == (None, SearchEnd.FOUND)


def test_a_rate_that_held_as_often_as_it_failed_is_none_that_fails():
    tried = [Tried(400, HELD), Tried(400, FAILED)]

    assert TriedRates.of(tried).fails_from is None
    assert TriedRates.of([*tried, Tried(440, FAILED)]).fails_from == 440
    assert TriedRates.of([*tried, Tried(400, FAILED)]).fails_from == 400
