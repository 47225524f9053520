"""What a spec leaves open is chosen alike in every pass, and kept once the status has it."""

from typing import Any

import pytest

from loadlab.model.resources import Experiment
from loadlab.model.spec.order import MAX_SEED
from loadlab.plan import Plan, make_plan
from loadlab.plan.chosen import choose

SWEPT = {
    "workload": "sleep",
    "variants": [{"name": "async"}, {"name": "sync"}],
    "factors": {"workers": [1, 2, 3]},
}


def experiment(uid: str = "uid", seed: int | None = None, **status: Any) -> Experiment:
    order = {} if seed is None else {"order": {"seed": seed}}
    metadata = {"name": "demo", "namespace": "lab", "uid": uid}
    return Experiment.model_validate(
        {"metadata": metadata, "spec": SWEPT | order, "status": status}
    )


def order_of(plan: Plan) -> list[tuple[str, int]]:
    return [(trial.cell.title(), trial.replicate) for trial in plan.trials]


def test_experiments_of_one_spec_differ_in_their_order_and_one_never_does(images):
    one, again, other = (make_plan(experiment(uid), images) for uid in ("a", "a", "b"))

    assert one == again
    assert one.fingerprint == again.fingerprint
    assert order_of(one) != order_of(other)


def test_seeds_that_are_drawn_are_such_as_a_spec_may_give():
    seeds = {choose(experiment(f"uid-{number}")).seed for number in range(100)}

    assert len(seeds) == 100
    assert all(0 <= seed <= MAX_SEED for seed in seeds)
    assert max(seeds) > MAX_SEED / 2


@pytest.mark.parametrize("seed", [0, 42, MAX_SEED])
def test_a_given_seed_wins(seed, images):
    plans = [make_plan(experiment(uid, seed), images) for uid in ("a", "b")]

    assert [plan.context.chosen.seed for plan in plans] == [seed, seed]
    assert order_of(plans[0]) == order_of(plans[1])


@pytest.mark.parametrize("seed", [None, 7], ids=["drawn", "given"])
def test_the_plan_stays_once_its_choice_stands_in_the_status(seed, images):
    admitted = make_plan(experiment(seed=seed), images)
    chosen = admitted.context.chosen.dump()

    assert make_plan(experiment(seed=seed, chosen=chosen), images).fingerprint == (
        admitted.fingerprint
    )


def test_what_was_chosen_is_what_is_planned(images):
    """Also where a later release would choose otherwise."""
    former = make_plan(experiment(chosen={"seed": 5}), images)

    assert order_of(former) == order_of(make_plan(experiment(seed=5), images))
    assert order_of(former) != order_of(make_plan(experiment(), images))
