"""Whom an experiment lets in: a stranger's pod, and a tenant with the chart's roles only."""

import base64
import json
from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.cluster_tools import (
    VALUES,
    Lab,
    RefusedError,
    condition,
    eventually,
    get,
    kubectl,
)
from tests.manifests import Json

pytestmark = pytest.mark.e2e

STOLEN = "what the Secret holds"
ASK = """
import json, sys, urllib.error, urllib.request
for method, path in json.loads(sys.argv[2]):
    asked = urllib.request.Request(sys.argv[1] + path, method=method, data=None)
    try:
        print(method, path, urllib.request.urlopen(asked, timeout=5).status)
    except urllib.error.HTTPError as refused:
        print(method, path, refused.code)
"""
# What a log can say to a terminal: clear it, ring, and turn the rest of the line around.
LEAK = """
import os, time
time.sleep(6)
print("\\x1b[2J\\x07\\u202e" + os.environ["STOLEN"], flush=True)
raise SystemExit(1)
"""


def services_image() -> str:
    image = yaml.safe_load(VALUES.read_text())["images"]["services"]
    return f"{image['repository']}:{image['tag']}"


def pod_of_a_stranger(namespace: str, *command: str) -> str:
    """Run a program in a pod that belongs to no experiment; return what it printed."""
    restricted = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {
        "name": "stranger",
        "image": services_image(),
        "command": list(command),
        "securityContext": restricted,
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stranger", "namespace": namespace},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }
    kubectl("create", "-f", "-", stdin=yaml.safe_dump(pod))
    try:
        done = "--for=jsonpath={.status.phase}=Succeeded"
        kubectl("-n", namespace, "wait", done, "pod/stranger", "--timeout=60s")
        return kubectl("-n", namespace, "logs", "stranger")
    finally:
        kubectl("-n", namespace, "delete", "pod", "stranger", "--now", "--ignore-not-found")


@pytest.fixture
def tenant(lab: Lab) -> Iterator[str]:
    """An account with the chart's roles for people in the namespace, and nothing else."""
    account = f"system:serviceaccount:{lab.namespace}:tenant"
    lab.kubectl("create", "serviceaccount", "tenant")
    lab.kubectl("create", "secret", "generic", "private", f"--from-literal=key={STOLEN}")
    for role in ("loadlab-view", "loadlab-edit"):
        lab.kubectl(
            *("create", "rolebinding", f"tenant-{role}", f"--clusterrole={role}"),
            f"--serviceaccount={lab.namespace}:tenant",
        )
    yield account
    lab.kubectl("delete", "rolebinding", "tenant-loadlab-view", "tenant-loadlab-edit")
    lab.kubectl("delete", "serviceaccount/tenant", "secret/private")


def leaking_experiment(namespace: str) -> Json:
    """One whose image prints a Secret that its author may not read."""
    secret = {"secretKeyRef": {"name": "private", "key": "key"}}
    variant = {
        "name": "mine",
        "image": services_image(),
        "command": ["python", "-c", LEAK],
        "env": [{"name": "STOLEN", "valueFrom": secret}],
    }
    spec = {
        "workload": "custom",
        "variants": [variant],
        "replicates": 1,
        "placement": {"serviceCpu": "Shared"},
        "load": {"request": {"path": "/"}, "duration": "1s", "warmup": "0s"},
        "retry": {"attempts": 1},
        "timeouts": {"ready": "12s"},
    }
    metadata = {"name": "leak", "namespace": namespace}
    kind = {"apiVersion": "loadlab.dev/v1alpha1", "kind": "LoadExperiment"}
    return {**kind, "metadata": metadata, "spec": spec}


def steward_of(lab: Lab, name: str) -> str:
    """Wait until an experiment's steward is ready; return its address."""
    labels = f"loadlab.dev/experiment={name},loadlab.dev/component=steward"

    def ready() -> str:
        pods = get("-n", lab.namespace, "pods", "-l", labels)["items"]
        return "".join(p["status"]["phase"] for p in pods if condition_of(p, "Ready") == "True")

    eventually(ready, 60, "a steward")
    (service,) = get("-n", lab.namespace, "services", "-l", labels)["items"]
    return f"http://{service['metadata']['name']}.{lab.namespace}:8080"


def condition_of(pod: Json, type_: str) -> str:
    return str(condition(pod["status"], type_).get("status"))


def test_strangers_are_refused_and_a_tenant_can_do_what_the_manual_says(lab: Lab, tenant: str):
    document = yaml.safe_dump(leaking_experiment(lab.namespace))
    lab.kubectl(f"--as={tenant}", "create", "-f", "-", stdin=document)

    steward = steward_of(lab, "leak")
    run = f"/runs/{steward.removeprefix('http://').partition('-steward')[0]}-001-a1"
    routes = [
        ("GET", "/healthz"), ("POST", f"{run}/arrive"), ("POST", f"{run}/finish"),
        ("GET", f"{run}/snapshot?service=http://kubernetes.default/"), ("GET", "/docs"),
        ("GET", "/openapi.json"), ("GET", "/redoc"), ("GET", "/nowhere"),
    ]  # fmt: skip
    said = pod_of_a_stranger("default", "python", "-c", ASK, steward, json.dumps(routes))
    print(said)
    codes = [line.rsplit(" ", 1)[1] for line in said.splitlines()]
    assert codes == ["200"] + ["401"] * (len(routes) - 1)

    (token,) = tokens(lab, "leak")
    shown = lab.kubectl("get", "pods,jobs,deployments,services,lexp,ltrial", "-o", "yaml")
    assert token not in shown
    label = "loadlab.dev/experiment=leak"
    policies = lab.kubectl("get", "networkpolicies", "-l", label, "-o", "name").split()
    assert len(policies) == 3  # of steward, service and k6

    status = lab.wait("leak", 90)
    print(f"{status['phase']}: {condition(status, 'Failed')['message']}")
    written = json.dumps([status, lab.trials("leak")], ensure_ascii=False)
    assert f"[2J{STOLEN}" in written  # who may create an experiment may read the Secret
    assert not any(obeyed in written for obeyed in ("\\u001b", "\\u0007", "\u202e"))
    lab.delete("leak")


def tokens(lab: Lab, name: str) -> list[str]:
    secrets = get("-n", lab.namespace, "secrets", "-l", f"loadlab.dev/experiment={name}")["items"]
    return [base64.b64decode(secret["data"]["steward"]).decode() for secret in secrets]


# What a tenant asks for, and whether the chart's roles for people give it.
RIGHTS = {
    ("create", "loadexperiments.loadlab.dev", "own"): True,
    ("delete", "loadexperiments.loadlab.dev", "own"): True,
    ("get", "loadexperiments.loadlab.dev", "own"): True,
    ("get", "loadtrials.loadlab.dev", "own"): True,
    ("create", "loadtrials.loadlab.dev", "own"): False,
    ("patch", "loadexperiments.loadlab.dev/status", "own"): False,
    ("patch", "loadtrials.loadlab.dev/status", "own"): False,
    ("get", "secrets", "own"): False,
    ("list", "secrets", "own"): False,
    ("get", "pods", "own"): False,
    ("get", "pods/log", "own"): False,
    ("create", "pods", "own"): False,
    ("create", "pods/exec", "own"): False,
    ("create", "jobs.batch", "own"): False,
    ("delete", "deployments.apps", "own"): False,
    ("delete", "networkpolicies.networking.k8s.io", "own"): False,
    ("create", "rolebindings.rbac.authorization.k8s.io", "own"): False,
    ("create", "loadexperiments.loadlab.dev", "default"): False,
    ("get", "loadexperiments.loadlab.dev", "default"): False,
    ("get", "secrets", "loadlab-system"): False,
    ("patch", "deployments.apps", "loadlab-system"): False,
    ("impersonate", "serviceaccounts", "loadlab-system"): False,
}


def may(account: str, verb: str, resource: str, namespace: str) -> bool:
    try:
        asked = ("auth", "can-i", f"--as={account}", verb, *resource_of(resource))
        return kubectl("-n", namespace, *asked).strip() == "yes"
    except RefusedError:
        return False  # it says no, and ends with 1


def resource_of(text: str) -> tuple[str, ...]:
    resource, _, subresource = text.partition("/")
    return (resource, f"--subresource={subresource}") if subresource else (resource,)


def test_the_roles_for_people_give_experiments_and_nothing_else(lab: Lab, tenant: str):
    found = {
        (verb, resource, place): may(
            tenant, verb, resource, lab.namespace if place == "own" else place
        )
        for verb, resource, place in RIGHTS
    }
    print(f"\n{'verb':<12} {'resource':<45} {'namespace':<15} may")
    for (verb, resource, place), yes in found.items():
        print(f"{verb:<12} {resource:<45} {place:<15} {'yes' if yes else 'no'}")

    assert found == RIGHTS


@pytest.mark.parametrize("role", ["edit", "admin"])
def test_editors_of_a_namespace_are_not_given_experiments_in_silence(lab: Lab, role: str):
    rules = get("clusterrole", role)["rules"]
    verbs = {
        verb
        for rule in rules
        if "loadexperiments" in rule.get("resources", ())
        for verb in rule["verbs"]
    }

    assert verbs <= {"get", "list", "watch"}
