"""Which cells an expectation speaks of, and what is refused because it says nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loadlab.catalogue import Cell
from loadlab.model.spec.expectations import Expectation, fault_of, groups_of
from tests.unit.model.spec_schema import spec_schema

WINS = {
    "name": "wins",
    "ratio": "requestsPerSecond",
    "of": {"variant": "async"},
    "over": {"variant": "sync"},
    "atLeast": 1.5,
}
SWEEP = [
    Cell(variant=variant, workers=workers, virtual_users=users)
    for variant in ("async", "sync")
    for workers in (1, 6)
    for users in (10, 20)
]


def expectation(**changes: Any) -> Expectation:
    """Build the expectation with some fields changed, and those left out that are None."""
    fields = {name: value for name, value in (WINS | changes).items() if value is not None}
    return Expectation.model_validate(fields)


def pairs(*cells: Cell, **changes: Any) -> list[str]:
    found = groups_of(expectation(**changes), cells or SWEEP)
    return [" over ".join(cell.title() for cell in group) for group in found]


def test_levels_that_nobody_names_are_paired():
    assert pairs(at={"virtualUsers": 10}) == [
        "async/workers=1/virtualUsers=10 over sync/workers=1/virtualUsers=10",
        "async/workers=6/virtualUsers=10 over sync/workers=6/virtualUsers=10",
    ]


def test_levels_that_a_side_names_may_differ():
    assert pairs(
        of={"variant": "async", "workers": 6}, over={"variant": "async", "workers": 1}
    ) == [
        "async/workers=6/virtualUsers=10 over async/workers=1/virtualUsers=10",
        "async/workers=6/virtualUsers=20 over async/workers=1/virtualUsers=20",
    ]


def test_a_variant_that_nobody_names_is_paired_too():
    found = pairs(of={"workers": 6}, over={"workers": 1}, at={"virtualUsers": 20})

    assert found == [
        "async/workers=6/virtualUsers=20 over async/workers=1/virtualUsers=20",
        "sync/workers=6/virtualUsers=20 over sync/workers=1/virtualUsers=20",
    ]


def test_a_level_without_meaning_for_one_side_is_no_difference():
    naive = Cell(variant="naive", workers=1)
    queued = [Cell(variant="queued", workers=1, batch_size=size) for size in (100, 500)]

    found = pairs(naive, *queued, of={"variant": "queued"}, over={"variant": "naive"})

    assert found == [
        "queued/workers=1/batchSize=100 over naive/workers=1",
        "queued/workers=1/batchSize=500 over naive/workers=1",
    ]


def test_a_metric_speaks_of_every_cell_that_matches():
    found = pairs(ratio=None, over=None, metric="failedRate", at={"workers": 6})

    assert found == ["async/workers=6/virtualUsers=10", "async/workers=6/virtualUsers=20"]


def test_what_can_be_judged_has_no_fault():
    assert fault_of(expectation(), SWEEP) == ""


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"of": {"variant": "mine"}}, "no cell matches of {variant: mine}; there are async/worke"),
        (
            {"over": {"variant": "sync", "workers": 16}},
            "no cell matches over {variant: sync, workers: 16}",
        ),
        ({"at": {"ms": 5}}, "no cell matches of {ms: 5, variant: async}"),
        ({"over": {"variant": "async"}}, "both select async/workers=1/virtualUsers=10"),
    ],
    ids=["of", "over", "at", "itself"],
)
def test_what_cannot_be_judged_is_named(changes, says):
    assert says in fault_of(expectation(**changes), SWEEP)


def test_sides_without_a_common_level_are_no_pair():
    one, other = Cell(variant="async", workers=1), Cell(variant="sync", workers=2)

    assert "no cell of `of` has a partner" in fault_of(expectation(), [one, other])


def test_two_sides_that_pair_each_cell_with_each_are_refused():
    one = [Cell(variant="pooled", pool_size=size) for size in range(1, 501)]
    other = [Cell(variant="queued", consumers=number) for number in range(1, 501)]
    sides = {"of": {"variant": "pooled"}, "over": {"variant": "queued"}}

    fault = fault_of(expectation(**sides), one + other)

    assert fault == "of and over make more than 2000 pairs; name more levels"


NAMES = ("workers", "pool_size", "consumers")
CELLS = st.builds(
    lambda variant, levels: Cell(variant=variant, **levels),
    st.sampled_from("ab"),
    st.dictionaries(st.sampled_from(NAMES), st.integers(1, 2)),
)
SIDES = st.builds(
    lambda variant, levels: {"variant": variant} | levels,
    st.sampled_from("ab"),
    st.dictionaries(st.sampled_from(["workers", "poolSize"]), st.integers(1, 2), max_size=1),
)


@given(st.lists(CELLS, max_size=20, unique_by=Cell.title), SIDES, SIDES)
def test_pairs_are_those_that_comparing_each_with_each_finds(cells, of, over):
    def chosen(side):
        return [c for c in cells if all(c.dump().get(n) == v for n, v in side.items())]

    def alike(cell, other):
        first, second = cell.dump(), other.dump()
        shared = first.keys() & second.keys() - of.keys() - over.keys()
        return all(first[name] == second[name] for name in shared)

    expected = [(c, other) for c in chosen(of) for other in chosen(over) if alike(c, other)]

    assert list(groups_of(expectation(of=of, over=over), cells)) == expected


def test_of_many_cells_a_fault_names_the_first():
    cells = [Cell(variant="sync", workers=n) for n in range(1, 9)]

    assert fault_of(expectation(), cells).endswith("sync/workers=5 and 3 more")


@pytest.mark.parametrize(
    "changes",
    [
        {"metric": "failedRate"},
        {"ratio": None, "over": None},
        {"over": None},
        {"ratio": None, "metric": "failedRate"},
        {"atLeast": None},
        {"atLeast": 2, "atMost": 1},
        {"request": "ping"},
        {"of": {}},
        {"of": {"threads": 4}},
        {"ratio": "latencyMs.p90"},
        {"atLeast": -1},
        {"name": "Not A Name"},
    ],
    ids="-".join,
)
def test_what_says_nothing_or_two_things_is_refused(changes):
    with pytest.raises(ValidationError):
        expectation(**changes)


@pytest.mark.parametrize(
    ("changes", "bounds"),
    [
        ({}, "1.5 or more"),
        ({"atLeast": None, "atMost": 1.1}, "1.1 or less"),
        ({"atLeast": 0.8, "atMost": 1.25}, "0.8 to 1.25"),
    ],
)
def test_bounds_are_spelled_for_people(changes, bounds):
    assert expectation(**changes).bounds == bounds


def test_titles_say_what_is_measured():
    ping = expectation(ratio="latencyMs.p99", request="ping")
    alone = expectation(ratio=None, over=None, metric="failedRate")

    assert (ping.title, alone.title) == ("ratio of latencyMs.p99 of ping", "failedRate")


def test_the_schema_has_the_rules_and_refuses_empty_sides():
    listed = spec_schema()["properties"]["expectations"]

    assert listed["maxItems"] == 20
    assert listed["x-kubernetes-list-map-keys"] == ["name"]
    assert listed["items"]["x-kubernetes-validations"] == [
        rule.schema() for rule in Expectation.RULES
    ]
    for side in ("of", "over"):
        assert listed["items"]["properties"][side]["minProperties"] == 1
