"""factors.parallelism: pods of the generator in each cell, and what cannot be split over them."""

from itertools import pairwise

import pytest

from loadlab.plan import Plan, PlanError, make_plan
from loadlab.plan.generator import trial_configuration
from tests.manifests import Json


def plan_of(experiment, images, *levels: int, **spec: object) -> Plan:
    factors = {"parallelism": list(levels)} | dict(spec.pop("factors", {}))  # type: ignore[call-overload]
    whole = {"workload": "sleep", "variants": [{"name": "async"}], "factors": factors}
    return make_plan(experiment(**whole | spec), images)


def jobs_of(plan: Plan) -> dict[int, Json]:
    """The generator's Job by the pods of its cell."""
    return {
        trial.cell.parallelism: plan.run_manifests(trial, attempt=1)[-1]  # type: ignore[attr-defined]
        for trial in plan.trials
    }


@pytest.mark.parametrize("generator", ["k6", "wrk", "hey", "locust", "locust-http"])
def test_every_cell_has_its_own_pods_by_whatever_generator(generator, experiment, images):
    load = {"generator": generator, "request": {"path": "/sleep?ms=1"}}
    plan = plan_of(experiment, images, 1, 2, 4, load=load, replicates=1)

    for pods, job in jobs_of(plan).items():
        assert job["spec"]["completions"] == job["spec"]["parallelism"] == pods
        spreads = job["spec"]["template"]["spec"].get("topologySpreadConstraints", [])
        assert len(spreads) == (pods > 1)
    told = [trial_configuration(plan.context, trial.run(1))["pods"] for trial in plan.trials]
    assert told == [trial.cell.parallelism for trial in plan.trials]  # type: ignore[attr-defined]


def test_a_cell_says_how_many_there_are(experiment, images):
    assert [cell.title() for cell in plan_of(experiment, images, 1, 2).cells] == [
        f"async/parallelism={pods}/workers=1/virtualUsers=50/ms=1000" for pods in (1, 2)
    ]


def test_memory_follows_from_the_users_of_a_pod(experiment, images):
    factors = {"virtualUsers": [8000]}
    jobs = jobs_of(plan_of(experiment, images, 1, 2, 4, factors=factors, replicates=1))

    asked = [
        int(
            job["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["memory"][:-2]
        )
        for _, job in sorted(jobs.items())
    ]
    assert all(more > less for more, less in pairwise(asked))
    assert asked[0] - 64 == pytest.approx(4 * (asked[2] - 64), abs=8)


@pytest.mark.parametrize("seed", range(8))
def test_the_first_trial_shows_the_nodes_of_the_most_pods(seed, experiment, images):
    plan = plan_of(experiment, images, 1, 4, 2, order={"seed": seed})

    assert plan.in_order[0].cell.parallelism == 4  # type: ignore[attr-defined]


def test_a_rate_has_a_user_for_every_pod(experiment, images):
    load = {"executor": "constant-arrival-rate"}
    plan = plan_of(experiment, images, 16, load=load, factors={"rate": [1]})

    assert trial_configuration(plan.context, plan.trials[0].run(1))["load"]["maxVirtualUsers"] >= 16


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"factors": {"virtualUsers": [2]}}, "factors.virtualUsers"),
        (
            {"factors": {"virtualUsers": [2]}, "load": {"purpose": "Compare"}},
            "factors.virtualUsers",
        ),
        (
            {
                "factors": {"rate": [9]},
                "load": {"executor": "constant-arrival-rate", "maxVirtualUsers": 2},
            },
            "load.maxVirtualUsers",
        ),
    ],
    ids=["closed", "pilots", "open"],
)
def test_fewer_users_than_pods_are_refused(spec, field, experiment, images):
    with pytest.raises(PlanError, match=rf"2 virtual users \({field}\) .* shared by 4 pods"):
        plan_of(experiment, images, 1, 4, **spec)


def test_a_pair_that_exclude_leaves_out_is_no_fault(experiment, images):
    factors, exclude = {"virtualUsers": [2, 8]}, [{"parallelism": 4, "virtualUsers": 2}]

    assert len(plan_of(experiment, images, 1, 4, factors=factors, exclude=exclude).cells) == 3


def test_one_calibration_does_for_one_number_of_pods_only(experiment, images):
    load = {"calibration": "5s"}
    with pytest.raises(PlanError, match=r"load.calibration measures one number of generator pods"):
        plan_of(experiment, images, 1, 2, load=load)

    assert plan_of(experiment, images, 2, load=load).preliminary
