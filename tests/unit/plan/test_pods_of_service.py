"""factors.replicas: pods of the service, what each of them has, and how all are accounted for."""

import json

import pytest

from loadlab.base.names import children_name
from loadlab.base.quantities import share_of
from loadlab.catalogue import Cell
from loadlab.model.spec.placement import ServiceCpu
from loadlab.plan import Plan, PlanError, make_plan
from loadlab.plan.connections import highest_demand
from loadlab.plan.expected import load_facts
from loadlab.plan.generator import trial_configuration
from tests.manifests import Json

RUN = f"{children_name('demo', 'uid-demo')}-001-a1"
PAIRS = [
    *({"replicas": 1, "workers": n} for n in (1, 2)),
    *({"replicas": 2, "workers": n} for n in (1, 4)),
    *({"replicas": 4, "workers": n} for n in (2, 4)),
]


def plan_of(experiment, images, **spec: object) -> Plan:
    return make_plan(experiment(workload="sleep", variants=[{"name": "async"}], **spec), images)


def manifests_of(plan: Plan) -> list[Json]:
    return plan.run_manifests(plan.trials[0], attempt=1)


def named(manifests: list[Json], kind: str, name: str = RUN) -> Json:
    (found,) = (m for m in manifests if (m["kind"], m["metadata"]["name"]) == (kind, name))
    return found


def test_pairs_are_what_exclude_leaves_of_the_product(experiment, images):
    factors = {"replicas": [1, 2, 4], "workers": [4, 2, 1]}
    plan = plan_of(experiment, images, factors=factors, exclude=PAIRS, replicates=1)

    assert sorted(cell.title() for cell in plan.cells) == [
        "async/replicas=1/workers=4/virtualUsers=50/ms=1000",
        "async/replicas=2/workers=2/virtualUsers=50/ms=1000",
        "async/replicas=4/workers=1/virtualUsers=50/ms=1000",
    ]
    assert {load_facts(plan.context, c, plan.trials[0].load).expected.workers  # type: ignore[union-attr]
            for c in plan.cells} == {4}  # fmt: skip


def test_the_pods_share_the_cpus_and_have_a_name_for_all_of_them(experiment, images):
    service = {"cpu": "2", "memory": "256Mi"}
    manifests = manifests_of(
        plan_of(experiment, images, factors={"replicas": [2]}, resources={"service": service})
    )

    deployment = named(manifests, "Deployment")["spec"]
    (container,) = deployment["template"]["spec"]["containers"]
    every = named(manifests, "Service", f"{RUN}-pods")
    assert deployment["replicas"] == 2
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "256Mi"}
    assert every["spec"]["clusterIP"] == "None"
    assert every["spec"]["publishNotReadyAddresses"]
    assert every["spec"]["selector"] == named(manifests, "Service")["spec"]["selector"]
    assert [port["name"] for port in every["spec"]["ports"]] == ["instruments"]
    assert every["metadata"]["labels"] == named(manifests, "Service")["metadata"]["labels"]


def test_no_pod_asks_for_more_than_its_share(experiment, images):
    service = {"cpu": "1", "cpuRequest": "500m"}
    manifests = manifests_of(
        plan_of(
            experiment,
            images,
            factors={"replicas": [4]},
            resources={"service": service},
            placement={"serviceCpu": "Shared"},
        )
    )

    (container,) = named(manifests, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["cpu"] == "250m"
    assert container["resources"]["requests"]["cpu"] == "125m"


def test_one_pod_is_as_without_the_factor(experiment, images):
    with_it = manifests_of(plan_of(experiment, images, factors={"replicas": [1]}))
    without = manifests_of(plan_of(experiment, images))

    kinds = [[m["kind"], m["metadata"]["name"]] for m in without]
    assert [[m["kind"], m["metadata"]["name"]] for m in with_it] == kinds
    assert with_it[1]["spec"]["template"]["spec"] == without[1]["spec"]["template"]["spec"]


def test_the_steward_knows_where_and_how_many_they_are(experiment, images):
    plan = plan_of(experiment, images, factors={"replicas": [1, 2]})
    steward = plan.preparation_manifests()[-1]["spec"]["template"]["spec"]["containers"][0]
    told = {v["name"]: v.get("value") for v in steward["env"]}

    assert json.loads(told["SNAPSHOT_TARGETS"]) == {
        "async": {"service": "http://{run}:9000"},
        "async/replicas=2": {"service": "http://{run}-pods:9000"},
    }
    assert json.loads(told["SNAPSHOT_PODS"]) == {"async/replicas=2": 2}
    asked = {trial_configuration(plan.context, t.run(1))["variant"] for t in plan.trials}
    assert asked == {"async", "async/replicas=2"}


@pytest.mark.parametrize(
    ("replicas", "chosen"), [([1, 2], None), ([1, 3], ServiceCpu.SHARED)], ids=str
)
def test_cpus_are_owned_only_where_every_pod_gets_whole_ones(replicas, chosen, experiment, images):
    resources = {"service": {"cpu": "2"}}
    plan = plan_of(experiment, images, factors={"replicas": replicas}, resources=resources)

    assert plan.context.chosen.service_cpu == chosen
    if chosen:
        assert plan.context.chosen.service_cpu_reason.startswith("2 CPUs over 3 pods")


def test_owned_cpus_that_cannot_be_shared_out_are_refused(experiment, images):
    spec = {"factors": {"replicas": [2]}, "placement": {"serviceCpu": "Exclusive"}}
    with pytest.raises(PlanError, match=r"factors.replicas: 1 CPUs .* over 2 pods are not whole"):
        plan_of(experiment, images, **spec)


def test_a_service_that_runs_already_has_the_pods_that_it_has(experiment, images):
    spec = {
        "workload": "custom",
        "variants": [{"name": "shop", "service": {"name": "shop", "port": 80}}],
        "load": {"request": {"path": "/"}},
        "factors": {"replicas": [1, 2]},
    }
    with pytest.raises(PlanError, match=r"factors.replicas: shop runs already"):
        make_plan(experiment(**spec), images)


def test_more_processes_than_a_snapshot_holds_are_refused(experiment, images):
    with pytest.raises(PlanError, match="128 processes of the service, and 64 are the most"):
        plan_of(experiment, images, factors={"replicas": [2], "workers": [64]})


def test_every_pod_has_a_pool(experiment, images):
    plan = make_plan(experiment(factors={"replicas": [2], "workers": [2], "poolSize": [5]}), images)
    demand = highest_demand(plan.context.variants, plan.cells)

    assert demand is not None
    assert demand.pooled == 20


@pytest.mark.parametrize(
    ("cpu", "parts", "part"),
    [("2", 1, "2"), ("2", 2, "1"), ("1", 4, "250m"), ("500m", 4, "125m"), ("1", 3, "333m")],
)
def test_a_part_of_the_cpus(cpu, parts, part):
    assert share_of(cpu, parts) == part


def test_a_cell_says_how_many_pods_it_has():
    assert Cell(variant="async", replicas=2).title() == "async/replicas=2"


def test_a_release_that_makes_several_pods_otherwise_plans_another_experiment(
    experiment, images, monkeypatch
):
    """The first trial of this order has one pod: the Service of two was taken for edited."""
    spec = {"factors": {"replicas": [1, 2]}, "order": {"seed": 4}}
    plan = plan_of(experiment, images, **spec)
    before, first = plan.fingerprint, plan.trials[0].cell
    monkeypatch.setattr("loadlab.plan.service.PODS_SUFFIX", "-each")

    assert plan.variant(first).pods_in(first) == 1
    assert plan_of(experiment, images, **spec).fingerprint != before
