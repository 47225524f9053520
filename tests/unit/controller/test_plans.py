"""A plan is made once for as long as nothing changes that it depends on."""

from dataclasses import replace

import pytest

from loadlab.controller.plans import MOST_PLANS, Plans
from loadlab.model.resources import Experiment
from loadlab.plan import Plan
from tests.reconcile.laboratory import IMAGES, SMALL


def experiment(uid: str = "uid", generation: int = 1, status: object = None, **spec: object):
    metadata = {"name": "exp", "namespace": "lab", "uid": uid, "generation": generation}
    body = {"metadata": metadata, "spec": SMALL | spec, "status": status or {}}
    return Experiment.model_validate(body)


def is_kept(former: Plan, found: Plan) -> bool:
    return found.trials is former.trials


def test_the_same_spec_is_planned_once():
    plans = Plans()

    first = plans.plan_of(experiment(), IMAGES)

    assert is_kept(first, plans.plan_of(experiment(), IMAGES))


@pytest.mark.parametrize(
    "changed",
    [
        {"uid": "another"},
        {"generation": 2},
        {"status": {"chosen": {"seed": 7}}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_a_plan_depends_on_makes_a_new_one(changed):
    plans = Plans()

    first = plans.plan_of(experiment(), IMAGES)

    assert not is_kept(first, plans.plan_of(experiment(**changed), IMAGES))


def test_other_images_make_another_plan():
    plans = Plans()
    first = plans.plan_of(experiment(), IMAGES)

    other = plans.plan_of(experiment(), replace(IMAGES, k6="k6:2"))

    assert other.fingerprint != first.fingerprint


def test_a_kept_plan_speaks_of_the_experiment_as_it_is_now():
    plans = Plans()
    plans.plan_of(experiment(), IMAGES)

    running = experiment(status={"phase": "Running"})

    assert plans.plan_of(running, IMAGES).context.experiment is running


def test_the_plan_that_was_not_asked_for_longest_goes():
    plans = Plans()
    first = plans.plan_of(experiment("uid-0"), IMAGES)
    second = plans.plan_of(experiment("uid-1"), IMAGES)
    plans.plan_of(experiment("uid-0"), IMAGES)
    for number in range(2, MOST_PLANS + 1):
        plans.plan_of(experiment(f"uid-{number}"), IMAGES)

    assert is_kept(first, plans.plan_of(experiment("uid-0"), IMAGES))
    assert not is_kept(second, plans.plan_of(experiment("uid-1"), IMAGES))
