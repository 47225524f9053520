"""What admission makes of a pod is what the trial is judged by, and what it records."""

from loadlab.base.names import COMPONENT_LABEL
from loadlab.kube.api import Kind
from tests.manifests import Json
from tests.reconcile.laboratory import Laboratory

NOTE = "LimitRanger plugin set: cpu limit for container {0}"


def admits(lab: Laboratory, component: str, limits: Json, qos_class: str) -> None:
    """From now on pods of this part are changed when they are created."""
    tick = lab.cluster.tick

    def changing() -> None:
        tick()
        for pod in lab.cluster.of_kind(Kind.POD).values():
            if pod["metadata"]["labels"][COMPONENT_LABEL] == component:
                pod["status"]["qosClass"] = qos_class
                pod["metadata"]["annotations"] = {
                    "kubernetes.io/limit-ranger": NOTE.format(component)
                }
                pod["spec"]["containers"][0]["resources"]["limits"] |= limits

    lab.cluster.tick = changing  # type: ignore[method-assign]  # the world, not what is tested


async def test_a_limit_of_a_limit_range_is_named_in_row_and_trial():
    lab = Laboratory()
    lab.submit(replicates=1)
    admits(lab, "postgres", {"cpu": "100m"}, "Burstable")

    status = await lab.run()

    for row in status["results"]:
        assert row["validity"] == "Suspect"
        assert any(
            "postgres ran on 0.1 CPU set by a LimitRange of the namespace" in reason
            for reason in row["reasons"]
        )
    for trial in lab.trials().values():
        assert trial["status"]["components"]["postgres"] == {
            "qosClass": "Burstable",
            "cpuLimit": 0.1,
            "cpuRequest": 0.01,
            "memoryLimit": 1024**3,
            "memoryRequest": 32 * 1024**2,
            "nodes": ["node-1"],
        }


async def test_a_pod_that_was_made_burstable_owned_no_cpus():
    lab = Laboratory()
    lab.submit(replicates=1, placement={"serviceCpu": "Exclusive"})
    admits(lab, "service", {}, "Burstable")

    status = await lab.run()

    for row in status["results"]:
        (reason,) = (r for r in row["reasons"] if r.startswith("CpusShared"))
        assert "its pod was Burstable" in reason
        assert row["validity"] == "Suspect"
