"""On the real cluster: a status that is not taken, objects of 8 MB, a queue of many."""

import http.client
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import yaml

from loadlab.base.times import epoch
from loadlab.controller.unwritten import AHEAD_FOR
from tests.e2e.cluster_tools import (
    ENVIRONMENT,
    Lab,
    eventually,
    find_program,
    kubectl,
)
from tests.e2e.containers import operator
from tests.e2e.naps import NAP, begun, seconds_until
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.anywhere]
PATH = "/apis/loadlab.dev/v1alpha1/namespaces"
MANY = 150  # experiments that wait
FAT_PODS = 12  # ten killed the operator


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
