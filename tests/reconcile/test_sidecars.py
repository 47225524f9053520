"""A mesh adds a container to every pod: no experiment depends on its coming to an end."""

from loadlab.base.names import COMPONENT_LABEL
from loadlab.kube.api import Kind, Manifest
from tests.reconcile.fake_cluster import FakeCluster
from tests.reconcile.laboratory import CHILD, Laboratory

SIDECAR = "istio-proxy"
PROXY: Manifest = {"name": SIDECAR, "image": "proxy:1"}
RUNS: Manifest = {"name": SIDECAR, "ready": True, "state": {"running": {}}}
WAITS: Manifest = {
    "name": SIDECAR,
    "ready": False,
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
}


class Mesh:
    """Adds a container before ours to each pod of a cluster, which never ends by itself."""

    def __init__(self, cluster: FakeCluster, proxy: Manifest = RUNS) -> None:
        self._cluster, self._proxy = cluster, proxy
        self._advance = cluster._advance_pods
        cluster._advance_pods = self.advance_pods  # type: ignore[method-assign]

    def advance_pods(self) -> None:
        self._advance()
        for pod in self._cluster.of_kind(Kind.POD).values():
            if pod["metadata"].get("deletionTimestamp") or pod["status"]["phase"] == "Pending":
                continue
            own = [s for s in pod["status"]["containerStatuses"] if s["name"] != SIDECAR]
            pod["spec"]["containers"] = [PROXY, *pod["spec"]["containers"][-1:]]
            pod["status"] |= {"phase": "Running", "containerStatuses": [self._proxy, *own]}
            if not self._proxy["ready"]:
                pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]


async def test_an_experiment_ends_well_though_no_pod_of_its_jobs_does():
    lab = Laboratory()
    Mesh(lab.cluster)
    lab.submit()

    status = await lab.run()

    assert (status["phase"], status["trials"]["succeeded"]) == ("Succeeded", 4)
    assert len(set(lab.cluster.finished_runs)) == 4
    assert lab.leftovers() == set()


async def test_a_store_that_a_sidecar_holds_up_is_named_with_the_container():
    lab = Laboratory()
    Mesh(lab.cluster, WAITS)
    lab.submit(timeouts={"prepare": "30s"})

    await lab.run()

    failed = lab.condition("Failed")
    assert failed["reason"] == "NeverReady"
    assert f"{SIDECAR} (CrashLoopBackOff)" in failed["message"]
    assert "nor is its own" not in failed["message"]


async def test_a_data_set_that_failed_is_loaded_once_more_though_its_pod_runs_on():
    lab = Laboratory()
    Mesh(lab.cluster)
    lab.submit()
    ended = {"terminated": {"exitCode": 1, "finishedAt": "2027-01-15T08:00:03Z"}}
    failed: set[str] = set()

    def fail_first(pod: Manifest) -> Manifest | None:
        uid = pod["metadata"]["uid"]
        if pod["metadata"]["labels"][COMPONENT_LABEL] != "dataset" or failed - {uid}:
            return None
        failed.add(uid)
        return {"phase": "Running", "containerStatuses": [{"state": ended}]}

    lab.cluster.fault_of = fail_first
    status = await lab.run()

    assert status["phase"] == "Succeeded"
    removed = f"delete POD {CHILD}-dataset-0-pod"
    assert lab.cluster.calls.count(removed) == 1
