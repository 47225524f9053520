"""On the real cluster: a status that is not taken, objects of 8 MB, a queue of many."""

import http.client
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import yaml

from loadlab.base.times import epoch
from loadlab.controller.unwritten import AHEAD_FOR
from tests.e2e.cluster_tools import (
    ENVIRONMENT,
    Lab,
    RefusedError,
    eventually,
    find_program,
    kubectl,
)
from tests.e2e.containers import operator
from tests.manifests import Json

pytestmark = pytest.mark.e2e
NAP: Json = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [10], "virtualUsers": [1]},
    "replicates": 1,
    "load": {"duration": "2s", "warmup": "0s", "settling": "0s"},
}
PATH = "/apis/loadlab.dev/v1alpha1/namespaces"
LABELS = 21_500  # of 63 characters: a few more than etcd takes of one object
MANY = 150  # experiments that wait
FAT_PODS = 12  # ten killed the operator
FAT_EXPERIMENTS = 15  # they kept the next one waiting for minutes


def begun(lab: Lab, name: str) -> object:
    return lab.status(name).get("startTime")


def seconds_until(check: Callable[[], object], most: float, what: str) -> float:
    began = time.monotonic()
    eventually(check, most, what, every=0.1)
    return time.monotonic() - began


@contextmanager
def webhook_that_is_down(lab: Lab, resource: str) -> Iterator[None]:
    """A webhook of a policy engine without a backend, for one experiment's status."""
    rule = {"apiGroups": ["loadlab.dev"], "apiVersions": ["*"], "operations": ["UPDATE"]}
    hook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "loadlab-test-down"},
        "webhooks": [
            {
                "name": "down.example.com",
                "rules": [rule | {"resources": [resource]}],
                "matchConditions": [
                    {"name": "one", "expression": "object.metadata.name == 'stuck'"}
                ],
                "namespaceSelector": {
                    "matchLabels": {"kubernetes.io/metadata.name": lab.namespace}
                },
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "timeoutSeconds": 1,
                "admissionReviewVersions": ["v1"],
                "clientConfig": {"service": {"name": "nobody", "namespace": lab.namespace}},
            }
        ],
    }
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump(hook))
    time.sleep(2)  # API servers read it within a second
    try:
        yield
    finally:
        kubectl("delete", "validatingwebhookconfiguration", "loadlab-test-down")


def test_a_webhook_that_is_down_for_one_that_waits_stops_nobody(lab: Lab):
    with webhook_that_is_down(lab, "loadexperiments/status"):
        lab.submit("stuck", **NAP)
        lab.submit("next", **NAP)
        waited = seconds_until(lambda: begun(lab, "next"), 30, "the next one's start")
        of = f"--field-selector=involvedObject.uid={lab.experiment('stuck')['metadata']['uid']}"
        events = lab.kubectl("get", "events", of, "-o=name")
        lab.wait("next", 60)
    status = lab.wait("stuck", 60)

    print(
        f"\nthe next one began after {waited:.1f} s; once the webhook was gone: {status['phase']}"
    )
    assert waited <= AHEAD_FOR + 5
    assert events.strip() == ""
    assert status["phase"] == "Succeeded"
    for name in ("stuck", "next"):
        lab.delete(name)


def test_metadata_as_large_as_etcd_allows_stop_nobody(lab: Lab):
    """Whoever may create experiments can do it: with so many labels no status fits any more."""
    with metadata_without_bounds():
        labels, body = largest_labels(lab)
        for number in range(1, FAT_EXPERIMENTS):
            create(lab, body.replace('"fat"', f'"f{number:02}"'))
        lab.submit("next", **NAP)
        waited = seconds_until(lambda: begun(lab, "next"), 60, "the next one's start")
        status = lab.wait("next", 60)
        lab.kubectl("delete", "lexp", "--all")

    print(
        f"\n{FAT_EXPERIMENTS} of {labels} labels, {len(body)} bytes; "
        f"the next one began after {waited:.1f} s"
    )
    assert waited <= AHEAD_FOR + 10
    assert status["phase"] == "Succeeded"


@pytest.mark.parametrize(
    ("field", "entries"),
    [
        ("labels", {f"l{n}": "" for n in range(65)}),
        ("annotations", {f"a{n}": "" for n in range(65)}),
        ("finalizers", [f"example.com/{n}" for n in range(17)]),
        (
            "ownerReferences",
            [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": f"{n}"} for n in range(17)],
        ),
    ],
)
def test_metadata_without_bounds_are_refused_at_the_door(lab: Lab, field: str, entries: object):
    """66,000 labels of four letters take the API server ten seconds a write, and us 60 MB."""
    with pytest.raises(RefusedError, match=rf"metadata\.{field} may have at most \d+ entries"):
        create(lab, experiment("fat", {field: entries}))


def test_what_grew_before_there_was_a_policy_can_be_changed_and_not_grow(lab: Lab):
    old = {"labels": {f"l{n}": "" for n in range(70)}}
    with metadata_without_bounds():
        create(lab, experiment("old", old, suspend=True))

    lab.kubectl("annotate", "lexp", "old", "example.com/a=b")
    with pytest.raises(RefusedError, match="at most 64 entries"):
        lab.kubectl("label", "lexp", "old", "one=more")
    lab.kubectl("label", "lexp", "old", "l1-")
    lab.delete("old")


@contextmanager
def metadata_without_bounds() -> Iterator[None]:
    """As on a cluster whose administrator did not install the policy."""
    kind = "validatingadmissionpolicybinding"
    (name,) = kubectl("get", kind, "-l=app.kubernetes.io/part-of=loadlab", "-o=name").split()
    found = yaml.safe_load(kubectl("get", name, "-o=yaml"))
    kubectl("delete", name)
    time.sleep(2)  # API servers read it within a second
    try:
        yield
    finally:
        kept = {key: found["metadata"][key] for key in ("name", "labels")}
        kept["annotations"] = found["metadata"].get("annotations") or {}
        kubectl("create", "-f", "-", stdin=yaml.safe_dump(found | {"metadata": kept}))
        time.sleep(2)


def largest_labels(lab: Lab) -> tuple[int, str]:
    """Create an experiment that etcd just takes, and whose status it does not."""
    least, most, created = LABELS - 1500, LABELS, ""
    while most - least > 1:
        tried = (least + most) // 2
        body = fat(lab, tried)
        try:
            create(lab, body)
        except RefusedError:
            most = tried
            continue
        created, least = body, tried
        if most - least > 1:
            lab.delete("fat")
    assert created
    return least, created


def fat(lab: Lab, labels: int) -> str:
    return experiment("fat", {"labels": {f"l{n:05}": "v" * 63 for n in range(labels)}})


def experiment(name: str, metadata: Json, **spec: object) -> str:
    api = {"apiVersion": "loadlab.dev/v1alpha1", "kind": "LoadExperiment"}
    return json.dumps({**api, "metadata": {"name": name, **metadata}, "spec": NAP | spec})


def create(lab: Lab, body: str) -> None:
    path = f"{PATH}/{lab.namespace}/loadexperiments"
    kubectl("create", "--raw", path, "-f", "-", stdin=body)


def test_one_that_is_changed_all_the_time_runs_as_if_it_were_not(lab: Lab):
    """It stayed in Preparing, and with it the queue, for as long as two fought over a mark."""
    lab.submit("stormy", **NAP)
    with changing(lab, "stormy") as patches:
        status = lab.wait("stormy", 90)

    took = epoch(status["completionTime"]) - epoch(status["startTime"])
    print(f"\n{sum(patches)} patches: {status['phase']} after {took:.0f} s")
    assert sum(patches) > 5 * took
    assert status["phase"] == "Succeeded"
    lab.delete("stormy")


@contextmanager
def changing(lab: Lab, name: str) -> Iterator[list[int]]:
    """Patch an annotation again and again, as two controllers that fight over it do."""
    over, patches = threading.Event(), [0, 0]
    path = f"{PATH}/{lab.namespace}/loadexperiments/{name}"
    headers = {"Content-Type": "application/merge-patch+json"}

    def patch(writer: int, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while not over.wait(0.02):
            patches[writer] += 1
            change = {"metadata": {"annotations": {"x": f"{writer}-{patches[writer]}"}}}
            connection.request("PATCH", path, json.dumps(change), headers)
            connection.getresponse().read()
        connection.close()

    with proxy() as port:
        threads = [threading.Thread(target=patch, args=(n, port)) for n in range(len(patches))]
        for thread in threads:
            thread.start()
        try:
            yield patches
        finally:
            over.set()
            for thread in threads:
                thread.join()


@contextmanager
def proxy() -> Iterator[int]:
    """A `kubectl proxy` on a port that is free."""
    program = find_program("kubectl") or "kubectl"
    command = [program, "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT, text=True) as serving:
        assert serving.stdout is not None
        said = serving.stdout.readline()  # Starting to serve on 127.0.0.1:41234
        try:
            yield int(said.rsplit(":", 1)[1])
        finally:
            serving.terminate()


def test_pods_of_eight_megabytes_with_our_labels_do_not_reach_the_operators_memory(lab: Lab):
    before = operator()
    for number in range(FAT_PODS):
        path = f"/api/v1/namespaces/{lab.namespace}/pods"
        kubectl("create", "--raw", path, "-f", "-", stdin=fat_pod(number))
    try:
        lab.submit("beside", **NAP)
        status = lab.wait("beside", 120)
        memory = operator().peak_mebibytes()
    finally:
        lab.kubectl("delete", "pods", "-l", "loadlab.dev/test=fat", "--grace-period=0", "--force")

    print(f"\n{FAT_PODS} pods of 7.8 MB: the operator took {memory:.0f} MiB at its peak")
    assert status["phase"] == "Succeeded"
    assert operator().id == before.id
    assert memory < 200
    lab.delete("beside")


def fat_pod(number: int) -> str:
    """A megabyte of `<`, each of which is six characters of JSON; no scheduler takes it."""
    ours = {"app.kubernetes.io/managed-by": "loadlab", "loadlab.dev/experiment": "beside"}
    container: Json = {"name": "k6", "image": "none", "args": ["<" * 1_300_000]}
    container["securityContext"] = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"fat-{number}", "labels": ours | {"loadlab.dev/test": "fat"}},
            "spec": {"schedulerName": "nobody", "containers": [container]},
        }
    )


def test_with_many_that_wait_the_next_one_begins_at_once(lab: Lab):
    documents = [
        {
            "apiVersion": "loadlab.dev/v1alpha1",
            "kind": "LoadExperiment",
            "metadata": {"name": f"many-{number:03}"},
            "spec": NAP | {"placement": {"foreignCpu": lab.foreign_cpu}},
        }
        for number in range(MANY)
    ]
    lab.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(documents), timeout=300)
    try:
        over = eventually(
            lambda: those_with(lab, "completionTime"), 120, "the first one's end", 0.1
        )
        others = {*those_with(lab, "startTime")} - {*over}
        waited = seconds_until(
            lambda: others or {*those_with(lab, "startTime")} - {*over}, 60, "the next one's start"
        )
    finally:
        lab.kubectl("delete", "loadexperiments", "--all", "--wait=false", timeout=300)
        eventually(lambda: not lab.kubectl("get", "lexp", "-o", "name").strip(), 120, "all gone")

    print(f"\nwith {MANY - 2} behind it the next one began {waited:.1f} s after the end of one")
    assert waited < 5


def those_with(lab: Lab, field: str) -> list[str]:
    """The names of the experiments whose status has a field."""
    path = f"jsonpath={{range .items[?(@.status.{field})]}}{{.metadata.name}} {{end}}"
    return lab.kubectl("get", "loadexperiments", "-o", path).split()
