"""Which cells a spec means, and in which order their trials run."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status.chosen import Chosen
from loadlab.model.trial import TrialRole
from loadlab.plan.cells import Arm, arms_of, cells_of, ordered
from loadlab.plan.errors import PlanError


def spec(**fields: object) -> LoadExperimentSpec:
    base = {"workload": "select", "variants": [{"name": "sync"}, {"name": "async"}]}
    return LoadExperimentSpec.model_validate(base | fields)


def titles(**fields: object) -> list[str]:
    return [cell.title() for cell in cells_of(spec(**fields))]


def test_cells_are_all_combinations_of_variants_and_levels():
    found = titles(factors={"workers": [1, 2], "virtualUsers": [8], "poolSize": [4]})

    assert found == [
        "sync/workers=1/virtualUsers=8/poolSize=4",
        "sync/workers=2/virtualUsers=8/poolSize=4",
        "async/workers=1/virtualUsers=8/poolSize=4",
        "async/workers=2/virtualUsers=8/poolSize=4",
    ]


def test_a_factor_without_meaning_for_a_variant_does_not_multiply_it():
    found = titles(
        workload="ingest",
        variants=[{"name": "pooled"}, {"name": "queued"}],
        factors={"consumers": [1, 2], "virtualUsers": [8]},
    )

    assert found == [
        "pooled/workers=1/virtualUsers=8/poolSize=10",
        "queued/workers=1/virtualUsers=8/consumers=1/batchSize=500",
        "queued/workers=1/virtualUsers=8/consumers=2/batchSize=500",
    ]


def test_levels_that_are_words_make_cells_and_are_excluded_like_numbers():
    found = titles(
        factors={"server": ["uvicorn", "gunicorn"], "workers": [1, 2], "virtualUsers": [8]},
        variants=[{"name": "sync"}, {"name": "mine", "image": "mine:1"}],
        exclude=[{"server": "gunicorn", "workers": 1}],
    )

    assert found == [
        "sync/server=uvicorn/workers=1/virtualUsers=8/poolSize=10",
        "sync/server=uvicorn/workers=2/virtualUsers=8/poolSize=10",
        "sync/server=gunicorn/workers=2/virtualUsers=8/poolSize=10",
        "mine/workers=1/virtualUsers=8/poolSize=10",
        "mine/workers=2/virtualUsers=8/poolSize=10",
    ]


def test_open_executors_sweep_the_rate_and_not_the_users():
    found = titles(
        workload="sleep",
        variants=[{"name": "async"}],
        load={"executor": "constant-arrival-rate"},
        factors={"rate": [100, 200], "virtualUsers": [5]},
    )

    assert found == ["async/workers=1/rate=100/ms=1000", "async/workers=1/rate=200/ms=1000"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ({"workers": 2}, 2),
        ({"variant": "sync"}, 2),
        ({"variant": "sync", "workers": 2}, 3),
        ({}, 4),
    ],
    ids=["level", "variant", "both", "nothing named"],
)
def test_exclude_leaves_out_cells_that_match_all_it_names(pattern, left):
    assert len(titles(factors={"workers": [1, 2]}, exclude=[pattern])) == left


@given(
    workers=st.lists(st.integers(1, 64), min_size=1, max_size=4, unique=True),
    users=st.lists(st.integers(1, 500), min_size=1, max_size=4, unique=True),
    replicates=st.integers(1, 5),
    seed=st.integers(0, 2**31 - 1),
)
def test_interleaving_runs_every_cell_once_in_every_block(workers, users, replicates, seed):
    swept = spec(
        factors={"workers": workers, "virtualUsers": users},
        replicates=replicates,
        maxTrials=1000,
    )
    cells = cells_of(swept)

    trials = ordered(swept, Chosen(seed=seed), cells)

    blocks = [trials[i : i + len(cells)] for i in range(0, len(trials), len(cells))]
    assert len(blocks) == replicates
    for replicate, block in enumerate(blocks, start=1):
        assert {cell.title() for cell, _ in block} == {cell.title() for cell in cells}
        assert {number for _, number in block} == {replicate}
    firsts = Counter(block[0][0].title() for block in blocks)
    turns = [firsts[cell.title()] for cell in cells]
    assert max(turns) - min(turns) <= 1


def test_the_order_depends_on_the_seed_and_on_nothing_else():
    def order(seed: int) -> list[str]:
        swept = spec(factors={"workers": [1, 2, 3, 4]})
        return [cell.title() for cell, _ in ordered(swept, Chosen(seed=seed), cells_of(swept))]

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_sequential_runs_the_replicates_of_a_cell_one_after_the_other():
    swept = spec(order={"strategy": "Sequential"}, replicates=2)

    trials = ordered(swept, Chosen(seed=1), cells_of(swept))

    assert [(arm.cell.variant, number) for arm, number in trials] == [
        ("sync", 1),
        ("sync", 2),
        ("async", 1),
        ("async", 2),
    ]


TWICE = {"comparison": {"controlTwice": True}}


@pytest.mark.parametrize("replicates", [1, 4, 5])
def test_the_control_runs_twice_in_every_block_and_takes_its_turn_in_being_first(replicates):
    swept = spec(**TWICE, factors={"workers": [1, 2]}, replicates=replicates)
    cells = cells_of(swept)

    trials = ordered(swept, Chosen(seed=1), cells)

    again = Arm(cells[0], TrialRole.CONTROL_AGAIN)
    assert arms_of(swept, cells) == (*map(Arm, cells), again)
    assert Counter(arm for arm, _ in trials) == dict.fromkeys(arms_of(swept, cells), replicates)
    assert [number for arm, number in trials if arm == again] == [*range(1, replicates + 1)]
    firsts = [arm for arm, _ in trials[:: len(cells) + 1]]
    assert len(set(firsts)) == min(replicates, 5)


def test_its_trials_count_as_those_of_a_cell_do():
    assert len(titles(**TWICE, maxTrials=15)) == 2
    with pytest.raises(PlanError, match=r"\(2 cells \+ comparison.controlTwice\) x 5 replicates"):
        titles(**TWICE, maxTrials=14)


def test_sequential_it_is_the_last_and_so_shows_the_drift_of_the_machine():
    swept = spec(**TWICE, order={"strategy": "Sequential"}, replicates=2)

    trials = ordered(swept, Chosen(seed=1), cells_of(swept))

    assert [arm.role for arm, _ in trials][-2:] == [TrialRole.CONTROL_AGAIN] * 2
