"""A run's Job is the planned one, whatever the API server adds to it by default."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from loadlab.base.names import Component
from loadlab.kube.pods import view_job
from loadlab.plan import Plan
from loadlab.progress.forgery import why_forged
from loadlab.progress.observed import Observed
from tests.unit.progress.test_replicas import planned

Job = dict[str, Any]


def pod_of(job: Job) -> Job:
    spec: Job = job["spec"]["template"]["spec"]
    return spec


def with_defaults(job: Job) -> None:
    """As an API server answers: fields that nobody gave are there."""
    container = pod_of(job)["containers"][0]
    container |= {"terminationMessagePath": "/dev/termination-log", "imagePullPolicy": "Always"}
    for variable in container["env"]:
        if "valueFrom" in variable and "fieldRef" in variable["valueFrom"]:
            variable["valueFrom"]["fieldRef"]["apiVersion"] = "v1"
    pod_of(job)["dnsPolicy"] = "ClusterFirst"
    pod_of(job)["schedulerName"] = "default-scheduler"
    for volume in pod_of(job).get("volumes", ()):
        volume["somethingNew"] = 420


def with_what_policies_add(job: Job) -> None:
    """As an admission policy changes Jobs: where and with which rights they run."""
    pod_of(job).update(
        {"tolerations": [{"operator": "Exists"}], "imagePullSecrets": [{"name": "x"}]}
    )
    pod_of(job)["containers"][0]["resources"] = {"limits": {"memory": "1Gi"}}


def sidecar(job: Job) -> None:
    pod_of(job)["containers"].append({"name": "mesh", "image": "forger:1"})


def shared_processes(job: Job) -> None:
    """A second container may then stop k6 and write in its name."""
    pod_of(job)["shareProcessNamespace"] = True


def other_addresses(job: Job) -> None:
    pod_of(job)["hostAliases"] = [{"ip": "10.0.0.1", "hostnames": ["service"]}]


def other_names(job: Job) -> None:
    pod_of(job)["dnsPolicy"] = "None"
    pod_of(job)["dnsConfig"] = {"nameservers": ["10.0.0.1"]}


def hook(job: Job) -> None:
    pod_of(job)["containers"][0]["lifecycle"] = {"postStart": {"exec": {"command": ["forge"]}}}


def probe(job: Job) -> None:
    pod_of(job)["containers"][0]["livenessProbe"] = {"exec": {"command": ["forge"]}}


def image(job: Job) -> None:
    pod_of(job)["containers"][0]["image"] = "forger:1"


def command(job: Job) -> None:
    pod_of(job)["containers"][0]["command"] = ["sh", "-c", "cat /copied"]


def environment(job: Job) -> None:
    pod_of(job)["containers"][0]["env"].append({"name": "LD_PRELOAD", "value": "/forged.so"})


def mount(job: Job) -> None:
    forged = {"name": "forged", "mountPath": "/scripts"}
    container = pod_of(job)["containers"][0]
    container["volumeMounts"] = [*container.get("volumeMounts", ()), forged]


def before(job: Job) -> None:
    pod_of(job)["initContainers"] = [{"name": "first", "image": "forger:1"}]


def look(change: Callable[[Job], None]) -> str:
    plan: Plan = planned(1)
    (trial,) = plan.trials
    job = copy.deepcopy(plan.run_manifests(trial, 1)[-1])
    change(job)
    job["metadata"]["uid"] = "uid-job"
    return why_forged(plan, trial, 1, Observed(jobs=(view_job(job, ()),)))


@pytest.mark.parametrize("change", [lambda _: None, with_defaults, with_what_policies_add])
def test_ours_is_ours(change):
    assert look(change) == ""


@pytest.mark.parametrize(
    "change",
    [
        *(image, command, environment, mount, before),
        *(sidecar, shared_processes, other_addresses, other_names, hook, probe),
    ],
)
def test_a_job_that_runs_anything_else_is_named(change):
    assert "is not the one that LoadLab made" in look(change)


def test_jobs_of_other_runs_and_parts_are_not_asked():
    plan: Plan = planned(1)
    (trial,) = plan.trials
    job = copy.deepcopy(plan.run_manifests(trial, 2)[-1])
    image(job)
    view = view_job(job, ())

    assert view.component is Component.K6
    assert why_forged(plan, trial, 1, Observed(jobs=(view,))) == ""
