"""Why Jobs and StatefulSets lack a pod: only their events say so, never their status."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.ownership import is_controlled_by

EXPLAINED_BY_EVENTS = (Kind.JOB, Kind.STATEFUL_SET)
MOST_ASKED = 20  # makers in a pass: whoever may create Jobs may name any number as ours


@dataclass(frozen=True, slots=True)
class LackingPods:
    """What was said about each maker that lacks pods, by uid; empty where nothing was."""

    said: Mapping[str, str] = field(default_factory=dict)

    def of(self, item: Manifest) -> str:
        """Return why an object's pods were refused."""
        return self.said.get(item["metadata"].get("uid") or "", "")


async def find_lacking_pods(
    cluster: Cluster, children: Mapping[Kind, list[Manifest]]
) -> LackingPods:
    """Return which makers lack pods, and why as far as their events say it."""
    pods = children[Kind.POD]
    makers = [item for kind in EXPLAINED_BY_EVENTS for item in children[kind]]
    lacking = [item["metadata"] for item in makers if _lacks_pods(item, pods)][:MOST_ASKED]
    said = {
        metadata["uid"]: await cluster.why_no_pod(metadata["namespace"], metadata["uid"])
        for metadata in lacking
    }
    return LackingPods(said)


def _lacks_pods(item: Manifest, pods: Iterable[Manifest]) -> bool:
    spec, status = item["spec"], item.get("status") or {}
    if item["metadata"].get("deletionTimestamp") or status.get("conditions"):
        return False  # a Job that has come to its end
    wanted = spec.get("completions") or spec.get("replicas") or 1
    uid = item["metadata"]["uid"]
    return sum(is_controlled_by(pod, uid) for pod in pods) < wanted
