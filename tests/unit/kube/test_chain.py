"""Pods count by their owners' chain, up to the experiment; what a label says proves nothing."""

import copy
import tracemalloc
from typing import Any, cast

import pytest

from loadlab.base.names import COMPONENT_LABEL, EXPERIMENT_UID_LABEL, RUN_LABEL
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.chain import MOST_OWNERS, SortedPods, sort_pods
from loadlab.model.resources import Metadata

EXPERIMENT = Metadata(name="exp", namespace="lab", uid="uid-exp")
RUN = "exp-001-a1"
VERSIONS = {kind.value.word: kind.value.api_version for kind in Kind}
K6: Manifest = {
    "name": "k6",
    "image": "k6:1",
    "args": ["run"],
    "env": [{"name": "A", "value": "1"}],
}


def controlled(kind: str, name: str, **more: object) -> list[Manifest]:
    reference = {"apiVersion": VERSIONS[kind], "kind": kind, "name": name, "uid": f"uid-{name}"}
    return [reference | {"controller": True} | more]


def item(name: str, component: str, owners: list[Manifest], **spec: Any) -> Manifest:
    labels = {COMPONENT_LABEL: component, RUN_LABEL: RUN, EXPERIMENT_UID_LABEL: "uid-exp"}
    metadata = {"name": name, "uid": f"uid-{name}", "labels": labels, "ownerReferences": owners}
    return {"metadata": metadata, "spec": spec}


OURS = controlled("LoadExperiment", "exp")
JOB = item("job", "k6", OURS, completions=1, template={"spec": {"containers": [K6]}})
DEPLOYMENT = item("dep", "service", OURS)
REPLICA_SET = item("rs", "service", controlled("Deployment", "dep"))
GENERATOR = item("g", "k6", controlled("Job", "job"), containers=[K6])
SERVER = item("s", "service", controlled("ReplicaSet", "rs"), containers=[])


class Lookups:
    """As much of a cluster as is asked: owners are looked up by name."""

    def __init__(self, *found: tuple[Kind, Manifest]) -> None:
        self.found = {(kind, one["metadata"]["name"]): one for kind, one in found}
        self.asked: list[str] = []

    async def get(
        self, kind: Kind, namespace: str, name: str, *, bare: bool = False
    ) -> Manifest | None:
        assert bare
        self.asked.append(f"{kind.name} {name}")
        return self.found.get((kind, name))


async def sort(*pods: Manifest, cluster: Lookups | None = None, **kinds: Any) -> SortedPods:
    labelled = {
        Kind.POD: list(pods),
        Kind.JOB: [JOB],
        Kind.DEPLOYMENT: [DEPLOYMENT],
        Kind.STATEFUL_SET: [],
        Kind.REPLICA_SET: [REPLICA_SET],
    }
    changed = labelled | {Kind[name]: items for name, items in kinds.items()}
    return await sort_pods(cast("Cluster", cluster or Lookups()), EXPERIMENT, changed)


def names(sorted_pods: SortedPods) -> tuple[list[str], list[str], list[str]]:
    strangers = [pod for pod, _ in sorted_pods.strangers]
    parts = (sorted_pods.own, sorted_pods.departing, strangers)
    own, departing, others = ([pod["metadata"]["name"] for pod in part] for part in parts)
    return own, departing, others


async def test_pods_of_own_makers_are_own_and_nobody_is_asked():
    cluster = Lookups()

    assert names(await sort(GENERATOR, SERVER, cluster=cluster)) == (["g", "s"], [], [])
    assert cluster.asked == []


@pytest.mark.parametrize(
    "owners",
    [
        [],
        controlled("Job", "job", controller=False),
        controlled("LoadExperiment", "exp"),  # which makes no pods
        controlled("Job", "job", apiVersion="example.com/v1", uid="uid-x"),
        controlled("Job", "../../secrets/x", uid="uid-x"),
        controlled("Job", "", uid="uid-x"),
    ],
)
async def test_a_pod_that_only_bears_our_labels_is_a_stranger(owners):
    """A name that no object can have is not asked for: it would become part of a path."""
    cluster = Lookups()
    forged = item("f", "k6", owners, containers=[K6])

    assert names(await sort(forged, cluster=cluster)) == ([], [], ["f"])
    assert cluster.asked == []


async def test_a_pod_under_somebody_elses_controller_is_a_stranger():
    theirs = item("theirs", "k6", controlled("Deployment", "app"))
    app = item("app", "k6", [])
    cluster = Lookups((Kind.REPLICA_SET, theirs), (Kind.DEPLOYMENT, app))
    forged = item("f", "k6", controlled("ReplicaSet", "theirs"), containers=[K6])

    assert names(await sort(forged, cluster=cluster)) == ([], [], ["f"])
    assert cluster.asked == ["REPLICA_SET theirs", "DEPLOYMENT app"]


@pytest.mark.parametrize("owner", ["own", "other"])
async def test_a_replica_set_that_controls_itself_leads_nowhere(owner):
    """Anybody who may write his own ReplicaSet may write that; only a Deployment makes one."""
    own = item("own", "k6", controlled("ReplicaSet", owner))
    other = item("other", "k6", controlled("ReplicaSet", "own"))
    cluster = Lookups((Kind.REPLICA_SET, own), (Kind.REPLICA_SET, other))
    forged = item("f", "k6", controlled("ReplicaSet", "own"), containers=[K6])

    assert names(await sort(forged, cluster=cluster)) == ([], [], ["f"])
    assert cluster.asked == ["REPLICA_SET own"]


async def test_each_owner_is_asked_for_once_and_not_thousands_of_them():
    cluster = Lookups()
    pods = [
        item(f"p{i}-{of}", "k6", controlled("Job", f"j{of}"), containers=[K6])
        for of in range(MOST_OWNERS + 5)
        for i in range(2)
    ]

    _, departing, strangers = names(await sort(*pods, cluster=cluster))

    assert cluster.asked == [f"JOB j{of}" for of in range(MOST_OWNERS)]
    assert (len(departing), len(strangers)) == (2 * MOST_OWNERS, 10)


@pytest.mark.parametrize(
    "found",
    [
        (),
        ((Kind.REPLICA_SET, REPLICA_SET),),  # whose Deployment is gone
        ((Kind.REPLICA_SET, {"metadata": {"name": "rs", "uid": "of its successor"}}),),
    ],
)
async def test_a_pod_whose_maker_is_gone_is_departing(found):
    seen = await sort(SERVER, cluster=Lookups(*found), DEPLOYMENT=[], REPLICA_SET=[])

    assert names(seen) == ([], ["s"], [])


@pytest.mark.parametrize(
    ("finalizers", "phase", "departs"),
    [
        (["example.com/keep"], "Succeeded", False),
        (["example.com/keep"], "Running", True),
        (["batch.kubernetes.io/job-tracking"], "Succeeded", True),
    ],
)
async def test_a_pod_that_a_finalizer_keeps_when_it_has_ended_is_not_awaited(
    finalizers, phase, departs
):
    kept = copy.deepcopy(GENERATOR) | {"status": {"phase": phase}}
    kept["metadata"]["finalizers"] = finalizers

    assert names(await sort(kept, JOB=[])) == ([], ["g"] if departs else [], [])


async def test_a_pod_that_is_seen_before_its_job_does_not_count_yet():
    assert names(await sort(GENERATOR, cluster=Lookups((Kind.JOB, JOB)), JOB=[])) == (
        *([], ["g"], []),
    )


def changed(pod: Manifest, **container: object) -> Manifest:
    other = copy.deepcopy(pod)
    other["spec"]["containers"][0] |= container
    return other


@pytest.mark.parametrize(
    ("container", "why"),
    [
        ({"image": "forge:1"}, "has the image forge:1 and not k6:1"),
        ({"args": ["x"]}, "runs another program"),
        ({"command": ["sh"]}, "runs another program"),
        ({"lifecycle": {"postStart": {}}}, "runs another program"),
        ({"env": []}, "has another environment"),
        ({"name": "x"}, "has the image None"),
    ],
)
async def test_a_pod_that_names_our_job_and_runs_something_else_is_a_stranger(container, why):
    ((pod, said),) = (await sort(changed(GENERATOR, **container))).strangers

    assert pod["metadata"]["name"] == "g"
    assert why in said


@pytest.mark.parametrize(
    ("around", "named"),
    [
        ({"shareProcessNamespace": True}, "shareProcessNamespace"),
        ({"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["service"]}]}, "hostAliases"),
        ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.1"]}}, "dnsConfig, dnsPolicy"),
    ],
)
async def test_a_pod_of_our_job_that_shares_or_finds_other_things_is_a_stranger(around, named):
    """A second container stopped k6 and wrote another run's documents in its name."""
    forged = copy.deepcopy(GENERATOR)
    forged["spec"] |= around

    ((_, why),) = (await sort(forged)).strangers

    assert named in why


async def test_what_the_api_server_adds_makes_no_stranger():
    pod = copy.deepcopy(GENERATOR)
    pod["spec"] |= {"dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler"}

    assert names(await sort(pod)) == (["g"], [], [])


async def test_what_a_mesh_adds_makes_no_stranger():
    meshed = changed(GENERATOR, env=[{"name": "B", "value": "2"}, *K6["env"]], volumeMounts=[{}])
    meshed["spec"]["containers"].insert(0, {"name": "istio-proxy", "image": "proxy:1"})

    assert names(await sort(meshed)) == (["g"], [], [])


async def test_a_pod_of_a_job_plays_no_other_part():
    other = copy.deepcopy(GENERATOR)
    other["metadata"]["labels"][RUN_LABEL] = "exp-002-a1"

    assert names(await sort(other)) == ([], [], ["g"])


class Heavy(Lookups):
    """Owners whose metadata a tenant made as large as etcd takes them: ten megabytes of Python."""

    async def get(
        self, kind: Kind, namespace: str, name: str, *, bare: bool = False
    ) -> Manifest | None:
        managers = [{"manager": f"{name}-{number}"} for number in range(20_000)]
        return {"metadata": {"name": name, "uid": f"uid-{name}", "managedFields": managers}}


async def test_of_owners_that_are_looked_up_little_is_kept():
    """Thirty with made-up managedFields would have taken more memory than the operator has."""
    owned = [
        item(f"p{number}", "k6", controlled("Deployment", f"d{number}"), containers=[K6])
        for number in range(MOST_OWNERS)
    ]
    tracemalloc.start()
    try:
        await sort(*owned, cluster=Heavy())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 15_000_000
