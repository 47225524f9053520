"""Pods that are not what was sent: with a container that admission added, or not ours at all."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from loadlab.base.names import result_token
from tests.e2e import mesh
from tests.e2e.cluster_tools import Lab, condition, eventually
from tests.manifests import Json
from tests.reconcile.generator_log import generator_log

pytestmark = pytest.mark.e2e

LOAD = {"duration": "2s", "warmup": "0s", "gracefulStop": "2s"}
QUICK: Json = {
    "replicates": 1,
    "retry": {"attempts": 1},
    "placement": {"serviceCpu": "Shared"},
    "timeouts": {"ready": "30s", "drain": "5s"},
    "load": LOAD,
}
SLEEP: Json = {"workload": "sleep", "variants": [{"name": "async"}]}
FACTORS = {"ms": [20], "virtualUsers": [8]}


@pytest.fixture
def meshed(lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    mesh.remove(lab)
    mesh.install(lab, tmp_path)
    yield lab
    mesh.remove(lab)


def containers(lab: Lab, name: str) -> dict[str, list[str]]:
    """The names of all containers of an experiment's pods, by their component."""
    label = f"loadlab.dev/experiment={name}"
    template = (
        '{range .items[*]}{.metadata.labels.loadlab\\.dev/component}{" "}'
        '{.spec.initContainers[*].name}{" "}{.spec.containers[*].name}{"\\n"}{end}'
    )
    lines = lab.kubectl("get", "pods", "-l", label, "-o", f"jsonpath={template}").splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines if line.strip()}


def run(lab: Lab, name: str, **spec: object) -> tuple[Json, dict[str, list[str]]]:
    """Run an experiment; return its status and which containers its pods had."""
    lab.delete(name)
    lab.submit(name, **(QUICK | spec))
    began, seen = time.monotonic(), dict[str, list[str]]()
    while condition(lab.status(name), "Finished").get("status") != "True":
        seen |= containers(lab, name)
        assert time.monotonic() - began < 120, lab.status(name)
        time.sleep(0.5)
    status = lab.status(name)
    print(f"{name}: {status['phase']} after {time.monotonic() - began:.0f} s, pods {seen}")
    return status, seen


@pytest.mark.parametrize("kind", ["classic", "native"])
def test_an_experiment_in_a_mesh_ends_as_it_does_without(meshed: Lab, kind: str):
    name = f"mesh-{kind}"
    own: Json = {"name": "mine", "image": mesh.services_image(), "readinessPath": "/"}
    own["command"] = ["python", "-m", "http.server", "8000"]
    parts: Json = {"workload": "custom", "variants": [own], "factors": {"virtualUsers": [2]}}
    if kind == "classic":  # with a store and the Job of a data set
        parts = {"workload": "select", "variants": [{"name": "asyncpg"}]}
        parts |= {"factors": {"virtualUsers": [2]}, "postgres": {"scale": 0.001}}
    else:
        parts["load"] = LOAD | {"warmup": "1s", "request": {"path": "/"}}

    status, seen = run(meshed, name, **parts)

    (row,) = status["results"]
    print(f"{name}: {row['requestsPerSecond']['mean']} req/s, {row['reasons']}")
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert row["requests"] > 0
    assert row["cpuMicrosPerRequest"]["service"] > 0
    assert all(mesh.SIDECAR in names for names in seen.values()), seen
    assert {"service", "k6", "steward"} <= seen.keys()
    eventually(lambda: not meshed.leftovers(name), 60, f"{name}'s children gone")
    meshed.delete(name)


def test_a_proxy_that_works_is_named_and_voids_nothing(lab: Lab, tmp_path: Path):
    """Each of a run's pods has one that takes 0.2 CPU: more than neighbours may use."""
    name = "mesh-works"
    mesh.remove(lab)
    mesh.install(lab, tmp_path, mesh.WORKS)
    placement = {"serviceCpu": "Shared", "foreignCpu": "300m"}
    load = LOAD | {"duration": "5s", "warmup": "1s"}

    status, _ = run(lab, name, **SLEEP, factors=FACTORS, placement=placement, load=load)

    mesh.remove(lab)
    (row,) = status["results"]
    print(f"{name}: {row['reasons']}")
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert row["validity"] != "Invalid"
    said = {reason.partition(":")[0]: reason for reason in row["reasons"]}
    assert f"others, or {mesh.SIDECAR} beside" in said["ForeignCpu"]
    assert f"added {mesh.SIDECAR} to the pod of service" in said["ContainersAdded"]
    lab.delete(name)


def forged(name: str, uid: str, run_name: str, job: Json | None) -> Json:
    """A generator's pod of somebody else's, which prints a document with figures of its own."""
    labels = {
        "app.kubernetes.io/managed-by": "loadlab",
        "loadlab.dev/experiment": name,
        "loadlab.dev/experiment-uid": uid,
        "loadlab.dev/component": "k6",
        "loadlab.dev/run": run_name,
        "loadlab.dev/trial": run_name.rpartition("-")[0],
    }
    metadata: Json = {"name": f"forged-{'job' if job else 'free'}", "labels": labels}
    if job:
        owner = {"apiVersion": "batch/v1", "kind": "Job", "controller": True}
        owner |= {"name": job["metadata"]["name"], "uid": job["metadata"]["uid"]}
        metadata["ownerReferences"] = [owner]
        labels |= job["spec"]["selector"]["matchLabels"]
    container = {
        "name": "k6",
        "image": mesh.services_image(),
        "command": ["python", "-c", "import os; print(os.environ['LOG'])"],
        "env": [{"name": "LOG", "value": _log(uid, run_name)}],
        "securityContext": mesh.RESTRICTED,
    }
    spec = {"restartPolicy": "Never", "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _log(uid: str, run_name: str) -> str:
    """Lines with the run's token, which whoever may read the experiment can know."""
    token = result_token(uid, run_name)
    lines = generator_log(run=run_name, requests=95_000).splitlines()
    return "\n".join(f"{token} {line}" for line in lines)


@pytest.mark.parametrize("in_our_jobs_name", [False, True], ids=["by label", "by owner"])
def test_a_forged_generator_makes_no_result(lab: Lab, in_our_jobs_name: bool):
    """It did: 1900 req/s, Passed. That of 8 users who wait 20 ms is at most 400."""
    name = "forge"
    lab.delete(name)
    eventually(lambda: not lab.leftovers(name), 60, "no children")
    lab.submit(name, **QUICK, **SLEEP, factors=FACTORS)
    uid = lab.experiment(name)["metadata"]["uid"]
    selector = f"loadlab.dev/experiment={name},loadlab.dev/component=k6"
    template = "jsonpath={.items[0].metadata.name}"
    job_name = eventually(
        lambda: lab.kubectl("get", "jobs", "-l", selector, "-o", template), 60, "the k6 Job", 0.1
    )
    job = yaml.safe_load(lab.kubectl("get", "job", job_name, "-o", "yaml"))
    run_name = job["metadata"]["labels"]["loadlab.dev/run"]
    pod = forged(name, uid, run_name, job if in_our_jobs_name else None)
    lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(pod))

    status = lab.wait(name, 90)

    rates = [row["requestsPerSecond"]["mean"] for row in status["results"]]
    trials = [trial["status"].get("reason") for trial in lab.trials(name).values()]
    print(f"{pod['metadata']['name']}: {status['phase']}, {rates} req/s, trials {trials}")
    assert all(rate <= 400 for rate in rates)
    if not in_our_jobs_name:  # a Job controller may drop its own pod for the other
        assert status["phase"] == "Succeeded", condition(status, "Finished")
    lab.kubectl("delete", "pod", pod["metadata"]["name"], "--ignore-not-found", "--wait=false")
    lab.delete(name)
