"""Sweeps of any size are answered at once, and in little memory, whatever is left out of them."""

import time
import tracemalloc
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.model.status.conditions import Reason
from loadlab.plan import PlanError, make_plan
from loadlab.plan.sweep import Budget, Sweep, UncountableError

SECONDS, BYTES = 1.0, 20_000_000
ITEMS = {"workload": "items", "variants": [{"name": "queued"}]}
ITEMS_SIX = ("workers", "virtualUsers", "poolSize", "consumers", "payloadBytes", "writePercent")


def levels(names, count):
    return {name: list(range(1, count + 1)) for name in names}


def all_but_one(names, count):
    return [{name: level} for name in names for level in range(2, count + 1)]


@pytest.fixture
def answer(experiment, images):
    """Plan within the bounds, once for the time and once for the memory; return plan or refusal."""

    def planned(asked):
        try:
            return make_plan(asked, images)
        except PlanError as refusal:
            return refusal

    def measured(**spec):
        asked = experiment(**spec)
        began = time.process_time()
        found = planned(asked)
        assert time.process_time() - began < SECONDS
        tracemalloc.start()
        planned(asked)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < BYTES
        return found

    return measured


def test_twenty_levels_of_six_factors_are_refused_with_their_number(answer):
    refusal = answer(**ITEMS, factors=levels(ITEMS_SIX, 20))

    assert isinstance(refusal, PlanError)
    assert refusal.reason is Reason.TOO_MANY_TRIALS
    assert "64000000 cells x 5 replicates are 320000000 trials" in str(refusal)


def test_what_many_exclusions_leave_is_planned(answer):
    plan = answer(**ITEMS, factors=levels(ITEMS_SIX, 8), exclude=all_but_one(ITEMS_SIX, 8))

    assert [cell.title() for cell in plan.cells] == [
        "queued/workers=1/virtualUsers=1/poolSize=1/consumers=1/payloadBytes=1/writePercent=1"
    ]


LAST = ITEMS_SIX[-1]
HOSTILE = {
    "the last factor only": [{LAST: level} for level in range(1, 21)],
    "the last factor but one level": [{LAST: level} for level in range(1, 20)],
    "the last factor with one of the first": [
        {ITEMS_SIX[level % 5]: level, LAST: level % 20 + 1} for level in range(1, 21)
    ],
    "as many overlapping sets as there may be": [
        {name: level, LAST: 1 + (level + place) % 20}
        for place, name in enumerate(ITEMS_SIX[:5])
        for level in range(1, 11)
    ],
    "every factor but the last": [
        dict.fromkeys(ITEMS_SIX[:5], level) | {ITEMS_SIX[0]: level % 3 + 1}
        for level in range(1, 21)
    ],
}


@pytest.mark.parametrize("exclude", HOSTILE.values(), ids=HOSTILE)
def test_exclusions_of_every_kind_are_answered_in_time(exclude, answer):
    refusal = answer(**ITEMS, factors=levels(ITEMS_SIX, 20), exclude=exclude)

    assert isinstance(refusal, PlanError)
    assert refusal.reason in {Reason.TOO_MANY_TRIALS, Reason.NO_TRIALS}


def test_ten_variants_share_what_may_be_spent_on_counting(answer):
    variants = [{"name": f"own-{n}", "image": "own:1"} for n in range(10)]
    factors = ("workers", "virtualUsers", "poolSize", "payloadBytes", "writePercent")
    exclude = [
        {name: level, factors[-1]: 1 + (level + place) % 20}
        for place, name in enumerate(factors[:4])
        for level in range(1, 13)
    ]

    refusal = answer(
        workload="items", variants=variants, factors=levels(factors, 20), exclude=exclude
    )

    assert refusal.reason is Reason.TOO_MANY_TRIALS


CLAIMS = {
    "of all requests": {"ratio": "failedRate"},
    "of one request": {"ratio": "latencyMs.p95", "request": "ping"},
}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_a_thousand_cells_with_twenty_expectations_are_planned_in_time(claim, answer):
    sides = {"of": {"variant": "async"}, "over": {"variant": "threadpool"}, "atMost": 1}
    plan = answer(
        workload="wells",
        variants=[{"name": "async"}, {"name": "threadpool"}],
        factors=levels(("workers", "virtualUsers"), 20),
        maxTrials=1000,
        replicates=1,
        expectations=[claim | sides | {"name": f"claim-{number}"} for number in range(20)],
        postgres={"settings": {"max_connections": "9000"}},
    )

    assert len(plan.cells) == 800


def test_what_overlaps_too_much_to_be_counted_says_what_to_do(experiment, images, monkeypatch):
    monkeypatch.setattr("loadlab.plan.cells.STATES", 3)
    asked = experiment(
        factors=levels(("workers", "virtualUsers", "poolSize"), 3),
        exclude=[{"workers": n, "poolSize": n} for n in (1, 2, 3)],
    )

    with pytest.raises(PlanError, match=r"27 combinations.*sweep fewer levels or exclude fewer"):
        make_plan(asked, images)


FACTORS = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.integers(1, 4), min_size=1, max_size=4, unique=True)
)
PATTERNS = st.lists(
    st.dictionaries(st.sampled_from("abcde"), st.integers(1, 4), max_size=4), max_size=12
)


@given(FACTORS, PATTERNS)
def test_combinations_are_those_of_the_whole_product_in_its_order(swept, patterns):
    def matches(pattern, combination):
        has = dict(zip(swept, combination, strict=True))
        return all(has.get(name) == level for name, level in pattern.items())

    expected = [
        combination
        for combination in product(*swept.values())
        if not any(matches(pattern, combination) for pattern in patterns)
    ]
    sweep = Sweep(swept, patterns, Budget(10_000))

    assert list(sweep) == expected
    assert sweep.count() == len(expected)


def test_a_budget_ends():
    budget = Budget(1)
    budget.spend()

    with pytest.raises(UncountableError):
        budget.spend()
