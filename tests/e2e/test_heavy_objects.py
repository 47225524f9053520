"""On the real cluster: what anybody with `edit` may create beside an experiment, to its harm.

Each of these ended the operator, or kept it from ending an experiment.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.cluster_tools import Lab, eventually, kubectl
from tests.e2e.containers import operator
from tests.e2e.naps import NAP
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.anywhere]
OURS = {"app.kubernetes.io/managed-by": "loadlab", "loadlab.dev/experiment": "beside"}
DENSE = 36_000  # variables of `{"name":"a"}`: 468 KB of JSON, seven megabytes of Python
OF_EACH_KIND = 9
WIDE_PODS = 60
MOST_MEMORY = 200  # MiB, of the 256 that the operator may take
RESTRICTED: Json = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@contextmanager
def the_operator_lives(what: str) -> Iterator[None]:
    """Hold the operator's memory against its bound, and see that it was not started again."""
    before = operator()
    yield
    memory = operator().peak_mebibytes()
    print(f"\n{what}: the operator took {memory:.0f} MiB at its peak")
    assert operator().id == before.id
    assert memory < MOST_MEMORY


def create(lab: Lab, *items: Json) -> None:
    """Create them by one call: sixty of kubectl's own would take a minute of two busy cores."""
    document = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, ensure_ascii=False)
    lab.kubectl("create", "--validate=false", "-f", "-", stdin=document, timeout=300)


def dense_objects() -> Iterator[Json]:
    """Of each kind that is listed some that run nothing; a label is all that makes them ours."""
    env = [{"name": "a"}] * DENSE
    container = {"name": "c", "image": "none", "env": env, "securityContext": RESTRICTED}
    pod: Json = {"schedulerName": "nobody", "containers": [container]}
    labels = {"test": "dense"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    idle = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    job = {"suspend": True, "template": {"spec": {**pod, "restartPolicy": "Never"}}}
    yield {"apiVersion": "v1", "kind": "Pod", "spec": pod}
    yield {"apiVersion": "batch/v1", "kind": "Job", "spec": job}
    yield {"apiVersion": "apps/v1", "kind": "ReplicaSet", "spec": idle}
    yield {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {**idle, "paused": True}}
    stateful = {**idle, "serviceName": "none"}
    yield {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": stateful}


def test_objects_of_dense_json_do_not_reach_the_operators_memory(lab: Lab):
    """Nine each of three kinds killed it, for as long as they were there."""
    marked = {"labels": OURS | {"test": "dense"}}
    for item in dense_objects():
        numbered = ({"name": f"dense-{number}", **marked} for number in range(OF_EACH_KIND))
        create(lab, *({**item, "metadata": metadata} for metadata in numbered))

    with the_operator_lives(f"{OF_EACH_KIND} each of five kinds, of 470 KB"):
        lab.submit("beside", **NAP)
        status = lab.wait("beside", 120)

    kinds = "pods,jobs,replicasets,deployments,statefulsets"
    lab.kubectl("delete", kinds, "-l", "test=dense", "--grace-period=0", "--force")
    assert status["phase"] == "Succeeded"
    lab.delete("beside")


def test_pods_of_wide_texts_on_a_crowded_node_do_not_reach_the_operators_memory(lab: Lab):
    """Python takes four bytes a character where one of them is an emoji; no label is needed."""
    (node,) = kubectl("get", "nodes", "-o=name").split()[:1]
    create(lab, *(wide_pod(number, node.removeprefix("node/")) for number in range(WIDE_PODS)))

    with the_operator_lives(f"{WIDE_PODS} pods of 370 KB with an emoji"):
        nowhere = {"nodeSelector": {"example.com/nobody": "has-it"}}
        lab.submit("beside", **NAP, placement=nowhere, timeouts={"prepare": "20s"})
        status = lab.wait("beside", 180)

    lab.kubectl("delete", "pods", "-l", "test=wide", "--grace-period=0", "--force")
    assert status["phase"] == "Failed"
    assert "fits no node" in json.dumps(status["conditions"])
    lab.delete("beside")


def wide_pod(number: int, node: str) -> Json:
    """It waits for a ConfigMap that is not there, so that nothing of it runs."""
    container = {"name": "c", "image": "x" * 110_000 + "\U0001f600", "securityContext": RESTRICTED}
    volume = {"name": "v", "configMap": {"name": "not-there"}}
    marks = {"kubernetes.io/limit-ranger": "y" * 250_000 + "\U0001f600"}
    metadata = {"name": f"wide-{number}", "labels": {"test": "wide"}, "annotations": marks}
    mounted = container | {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    spec = {"nodeName": node, "volumes": [volume], "containers": [mounted]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def test_a_replica_set_that_controls_itself_stops_nobody(lab: Lab):
    """Looking for who controls it never came to an end, in the pass and in the ending."""
    lab.submit("looped", **NAP | {"load": NAP["load"] | {"duration": "20s"}})
    eventually(lambda: lab.status("looped").get("phase") == "Running", 60, "its trial")
    of = {"loadlab.dev/experiment": "looped", "app.kubernetes.io/managed-by": "loadlab"}
    labels = {
        "test": "loop",
        "loadlab.dev/experiment-uid": lab.experiment("looped")["metadata"]["uid"],
        **of,
    }
    pod = {
        "schedulerName": "nobody",
        "containers": [{"name": "c", "image": "none", "securityContext": RESTRICTED}],
    }
    selector = {"matchLabels": {"test": "loop"}}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": 1, "selector": selector, "template": template}
    named = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "loop"}}
    create(lab, {**named, "spec": spec})
    lab.kubectl("patch", "replicaset", "loop", "--type=merge", "-p", its_own_owner(lab))
    lab.submit("next", **NAP)

    looped, following = lab.wait("looped", 120), lab.wait("next", 120)

    lab.kubectl("delete", "replicaset", "loop")
    print(f"\nthe one beside it: {looped['phase']}; the next one: {following['phase']}")
    assert "RecursionError" not in json.dumps(looped)
    assert following["phase"] == "Succeeded"
    for name in ("looped", "next"):
        lab.delete(name)


def its_own_owner(lab: Lab) -> str:
    uid = lab.kubectl("get", "replicaset", "loop", "-o=jsonpath={.metadata.uid}")
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "loop", "uid": uid}
    return json.dumps({"metadata": {"ownerReferences": [owner | {"controller": True}]}})
