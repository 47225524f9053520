"""factors.serviceCpu: what each cell's pods may use, who owns it, and what is refused."""

import pytest

from loadlab.model.spec.placement import ServiceCpu
from loadlab.plan import Plan, PlanError, make_plan
from loadlab.plan.expected import load_facts
from tests.manifests import Json


def plan_of(experiment, images, *levels: str, **spec: object) -> Plan:
    factors = {"serviceCpu": list(levels)} | dict(spec.pop("factors", {}))  # type: ignore[call-overload]
    whole = {"workload": "sleep", "variants": [{"name": "async"}], "factors": factors}
    return make_plan(experiment(**whole | spec), images)


def resources_of(plan: Plan) -> dict[str, Json]:
    """Resources of the service's container by the cell's level and number of pods."""
    found = {}
    for trial in plan.trials:
        service = plan.run_manifests(trial, attempt=1)
        pod = next(m for m in service if m["kind"] == "Deployment")["spec"]["template"]["spec"]
        level = f"{trial.cell.service_cpu}/{trial.cell.replicas or 1}"  # type: ignore[attr-defined]
        found[level] = pod["containers"][0]["resources"]
    return found


def test_every_cell_has_its_own_limit_and_is_judged_by_it(experiment, images):
    plan = plan_of(experiment, images, "500m", "1", "2", replicates=1)

    cpu = {
        level: (r["requests"]["cpu"], r["limits"]["cpu"]) for level, r in resources_of(plan).items()
    }
    assert cpu == {"500m/1": ("10m", "500m"), "1/1": ("10m", "1"), "2/1": ("10m", "2")}
    assert [cell.title() for cell in plan.cells] == [
        f"async/serviceCpu={level}/workers=1/virtualUsers=50/ms=1000"
        for level in ("500m", "1", "2")
    ]
    load = plan.trials[0].load
    facts = [load_facts(plan.context, cell, load) for cell in plan.cells]
    assert [f.cpu_limits["service"] for f in facts] == [0.5, 1.0, 2.0]


def test_whole_levels_are_owned_each_by_its_cell(experiment, images):
    placement = {"serviceCpu": "Exclusive"}
    found = resources_of(plan_of(experiment, images, "1", "2", placement=placement, replicates=1))

    assert {level: r["requests"]["cpu"] for level, r in found.items()} == {"1/1": "1", "2/1": "2"}
    assert all(r["requests"] == r["limits"] for r in found.values())


@pytest.mark.parametrize(
    ("levels", "factors", "reason"),
    [
        (("1", "2"), {}, None),
        (("1", "500m"), {}, "factors.serviceCpu is 500m, and only whole CPUs can be owned"),
        (("1", "2"), {"replicas": [1, 2]}, "1 CPUs over 2 pods are not whole"),
    ],
    ids=["whole", "a part of one", "a part for each pod"],
)
def test_all_cells_own_their_cpus_or_none_does(levels, factors, reason, experiment, images):
    plan = plan_of(experiment, images, *levels, factors=factors)

    chosen = plan.context.chosen
    assert chosen.service_cpu is (ServiceCpu.SHARED if reason else None)
    assert chosen.service_cpu_reason.startswith(reason or "")
    assert bool(chosen.service_cpu_reason) == bool(reason)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("load", [{}, {"purpose": "Compare"}], ids=["settling", "pilots"])
def test_the_first_trial_of_all_has_the_most(load, seed, experiment, images):
    plan = plan_of(experiment, images, "1", "4", "2", load=load, order={"seed": seed})

    assert plan.in_order[0].cell.service_cpu == "4"  # type: ignore[attr-defined]


def test_the_greatest_is_so_by_its_amount(experiment, images):
    placement = {"serviceCpu": "Shared"}
    plan = plan_of(experiment, images, "900m", "3", "10", "1500m", placement=placement)

    assert plan.in_order[0].cell.service_cpu == "10"  # type: ignore[attr-defined]


def test_without_a_trial_that_would_show_it_none_owns_its_cpus(experiment, images):
    several = plan_of(experiment, images, "1", "2", load={"settling": "0s"}).context.chosen
    one = plan_of(experiment, images, "2", load={"settling": "0s"}).context.chosen

    assert several.service_cpu is ServiceCpu.SHARED
    assert several.service_cpu_reason.startswith("without a settling trial nothing shows whether")
    assert one.service_cpu is None


def test_the_pods_of_a_cell_share_its_level(experiment, images):
    plan = plan_of(experiment, images, "1", "3", factors={"replicas": [2]}, replicates=1)

    limits = {level: r["limits"]["cpu"] for level, r in resources_of(plan).items()}
    assert limits == {"1/2": "500m", "3/2": "1500m"}
    load = plan.trials[0].load
    facts = [load_facts(plan.context, cell, load) for cell in plan.cells]
    assert [f.cpu_limits["service"] for f in facts] == [1.0, 3.0]


def test_what_is_left_of_a_share_is_nobodys(experiment, images):
    plan = plan_of(experiment, images, "1", factors={"replicas": [3]})

    facts = load_facts(plan.context, plan.cells[0], plan.trials[0].load)
    assert facts.cpu_limits["service"] == pytest.approx(0.999)


def test_a_pair_that_exclude_leaves_out_is_no_fault(experiment, images):
    spec = {"factors": {"replicas": [1, 2]}, "placement": {"serviceCpu": "Exclusive"}}
    with pytest.raises(PlanError, match=r"1 CPUs \(factors.serviceCpu\) over 2 pods are not whole"):
        plan_of(experiment, images, "1", "2", **spec)
    exclude = [{"serviceCpu": "1", "replicas": 2}]

    assert len(plan_of(experiment, images, "1", "2", **spec, exclude=exclude).cells) == 3


@pytest.mark.parametrize(
    ("exclude", "reason"),
    [
        ([{"serviceCpu": "1", "replicas": 2}], ""),
        ([{"replicas": 2}], ""),
        ([{"serviceCpu": "1", "replicas": 2, "variant": "async"}], "1 CPUs over 2 pods"),
        ([{"serviceCpu": "2"}, {}], "1 CPUs over 2 pods"),
    ],
    ids=["the pair", "its pods", "of one variant", "another level"],
)
def test_whole_cpus_are_looked_for_where_such_a_pair_is_left_out(
    exclude, reason, experiment, images
):
    factors = {"replicas": [1, 2]}
    plan = plan_of(experiment, images, "1", "2", factors=factors, exclude=exclude)

    assert plan.context.chosen.service_cpu_reason.startswith(reason)
    assert bool(plan.context.chosen.service_cpu_reason) == bool(reason)


def test_two_spellings_of_one_level_are_refused(experiment, images):
    with pytest.raises(PlanError, match=r"factors.serviceCpu: 1 and 1000m are one level"):
        plan_of(experiment, images, "1", "2", "1000m")


def test_a_service_that_runs_already_has_the_cpus_that_it_has(experiment, images):
    spec = {
        "workload": "custom",
        "variants": [{"name": "shop", "service": {"name": "shop", "port": 80}}],
        "load": {"request": {"path": "/"}},
        "factors": {"serviceCpu": ["1", "2"]},
    }
    with pytest.raises(PlanError, match=r"factors.serviceCpu: shop runs already"):
        make_plan(experiment(**spec), images)


def test_an_image_of_ones_own_has_the_level_too(experiment, images):
    spec = {
        "workload": "custom",
        "variants": [{"name": "mine", "image": "mine:1"}],
        "load": {"request": {"path": "/"}},
    }
    found = resources_of(plan_of(experiment, images, "250m", "1", **spec, replicates=1))

    assert {level: r["limits"]["cpu"] for level, r in found.items()} == {
        "250m/1": "250m", "1/1": "1",
    }  # fmt: skip


def test_the_plan_stays_once_its_choice_stands_in_the_status(experiment, images):
    plan = plan_of(experiment, images, "1", "2")
    settled = plan.context.settled.dump()
    again = experiment(workload="sleep", variants=[{"name": "async"}],
                       factors={"serviceCpu": ["1", "2"]})  # fmt: skip
    status = again.status.model_validate({"chosen": settled})
    kept = make_plan(again.model_copy(update={"status": status}), images)

    assert kept.fingerprint == plan.fingerprint
    assert kept.context.owns_cpus
