"""How many pods serve is said once, in the resolved variant; plan and judgement follow it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from loadlab.base.names import Component, component_name, run_name
from loadlab.model.resources import Experiment, Metadata, Trial
from loadlab.model.status import LoadTrialStatus, Timings, TrialPhase
from loadlab.model.status.conditions import Reason
from loadlab.model.trial import LoadTrialSpec
from loadlab.plan import Images, Plan, make_plan
from loadlab.plan.connections import highest_demand
from loadlab.plan.expected import load_facts
from loadlab.progress.decision import Collect, CollectEvidence
from loadlab.progress.observed import (
    Child,
    ControllerView,
    JobView,
    Observed,
    PodView,
    Reference,
)
from loadlab.progress.programs import program_of
from loadlab.progress.trials import judge_run

IMAGES = Images(services="services", k6="k6", postgres="pg", redis="redis", rabbitmq="rabbitmq")
STEWARD = Reference("Deployment", "demo-steward", "uid-steward")
METADATA = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
SPEC = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"workers": [3]},
    "replicates": 1,
}


def planned(replicas: int, **spec: object) -> Plan:
    plan = make_plan(Experiment.model_validate({"metadata": METADATA, "spec": SPEC | spec}), IMAGES)
    variants = {
        name: replace(variant, replicas=replicas) for name, variant in plan.context.variants.items()
    }
    return replace(plan, context=replace(plan.context, variants=variants))


def pod(run: str, component: Component, number: int, **fields: Any) -> PodView:
    name = f"{run}-{component}-{number}"
    reference = Reference("Pod", name, f"uid-{name}")
    return PodView(reference=reference, component=component, run=run, phase="Running", **fields)


def service(name: str) -> Child:
    return Child(reference=Reference("Service", name, f"uid-{name}"), component=None, run="")


def spoiled_by(plan: Plan, servers: int, *, deleting: int = 0) -> str | None:
    """What a run whose generator has reported ends with, for so many pods of the service."""
    (trial,) = plan.trials
    run = run_name(trial.name, 1)
    status = LoadTrialStatus(phase=TrialPhase.RUNNING, attempt=1, timings=Timings(started=0.0))
    spec = LoadTrialSpec(experiment="demo", cell=trial.cell, replicate=1, position=1)
    resource = Trial(metadata=Metadata(name=trial.name, namespace="lab"), spec=spec, status=status)
    serving = tuple(pod(run, Component.SERVICE, n, deleting=n < deleting) for n in range(servers))
    program = program_of(plan.run_manifests(trial, 1)[-1])
    own = Reference("Job", "k6", "uid")
    job = JobView(reference=own, component=Component.K6, run=run, program=program)
    observed = Observed(
        pods=(*serving, pod(run, Component.K6, 0, reported=True)),
        jobs=(job,),
        controllers=(ControllerView(reference=STEWARD, component=Component.STEWARD, run=""),),
        services=(
            service(component_name(plan.context.experiment.children_name, Component.STEWARD)),
            service(run),
        ),
    )
    decided, *_ = judge_run(plan, trial, resource, observed, now=60.0)
    if isinstance(decided, Collect):
        return decided.disturbance.reason if decided.disturbance else None
    assert isinstance(decided, CollectEvidence)
    return decided.status.former_attempts[0].reason


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_run_with_as_many_pods_as_planned_counts(replicas):
    assert spoiled_by(planned(replicas), servers=replicas) is None


@pytest.mark.parametrize(
    ("replicas", "servers", "deleting"),
    [(2, 1, 0), (1, 2, 0), (2, 3, 0), (2, 2, 1)],
    ids=["one is gone", "one was replaced", "one of two was replaced", "one is being deleted"],
)
def test_a_run_with_another_number_of_pods_is_disturbed(replicas, servers, deleting):
    reason = spoiled_by(planned(replicas), servers, deleting=deleting)

    assert reason == Reason.SERVICE_RESTARTED


def test_the_deployment_has_the_replicas_and_the_worker_stays_one():
    plan = planned(2, workload="ingest", variants=[{"name": "queued"}])
    deployments = {
        manifest["metadata"]["labels"]["loadlab.dev/component"]: manifest["spec"]["replicas"]
        for manifest in plan.run_manifests(plan.trials[0], attempt=1)
        if manifest["kind"] == "Deployment"
    }

    assert deployments == {"service": 2, "worker": 1}


def test_processes_and_connections_are_those_of_all_pods():
    sleeping, pooled = planned(2), planned(2, workload="select", factors={"poolSize": [5]})
    trial = sleeping.trials[0]
    expected = load_facts(sleeping.context, trial.cell, trial.load).expected
    demand = highest_demand(pooled.context.variants, pooled.cells)

    assert expected is not None
    assert expected.workers == 2 * 3
    assert demand is not None
    assert demand.pooled == 2 * 1 * 5


def test_the_generator_asks_the_target_of_the_variant():
    plan = planned(2)
    run = run_name(plan.trials[0].name, 1)
    target = plan.variant(plan.cells[0]).target(run, "lab")

    generator = plan.run_manifests(plan.trials[0], attempt=1)[-1]
    (container,) = generator["spec"]["template"]["spec"]["containers"]
    variables = {variable["name"]: variable.get("value") for variable in container["env"]}
    told = json.loads(variables["TRIAL_0"])

    assert told["target"] == target.address == f"http://{run}:8000"
    assert told["readinessPath"] == target.readiness_path
    assert told["variant"] == "async/replicas=2"
