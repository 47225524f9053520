"""What nodes may give to pods and have given, looked at only where a pod fits none of them."""

from collections.abc import Iterable

from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.containers import view_resources
from loadlab.kube.errors import RefusedError
from loadlab.kube.pods import view_pod
from loadlab.progress.observed import NodeView, PodView
from loadlab.progress.unplaced import asked_for

# On more nodes the scheduler's sentence has to do: every pod of the cluster would be read.
MOST_NODES = 10


async def read_nodes(cluster: Cluster, pods: Iterable[PodView]) -> tuple[NodeView, ...]:
    """Return the nodes where one of the pods fits none; nothing where they may not be read."""
    if not any(pod.unschedulable for pod in pods):
        return ()
    try:
        nodes = await _few_nodes(cluster)
        placed = await _placed_pods(cluster) if nodes else []
    except RefusedError:
        return ()
    return tuple(_view(node, placed) for node in nodes)


async def _few_nodes(cluster: Cluster) -> list[Manifest]:
    nodes: list[Manifest] = []
    async for page in cluster.pages(Kind.NODE, None, {}):
        nodes += page
        if len(nodes) > MOST_NODES:
            return []
    return nodes


async def _placed_pods(cluster: Cluster) -> list[PodView]:
    """Read all pods of the cluster, page by page; those that have ended take nothing."""
    placed: list[PodView] = []
    async for page in cluster.pages(Kind.POD, None, {}):
        placed += [view for view in map(view_pod, page) if view.node and not view.has_ended]
    return placed


def _view(node: Manifest, placed: Iterable[PodView]) -> NodeView:
    name = node["metadata"]["name"]
    gives = view_resources({"limits": (node.get("status") or {}).get("allocatable") or {}})
    asked = [asked_for(pod) for pod in placed if pod.node == name]
    return NodeView(
        name=name,
        cpus=gives.cpu_limit or 0.0,
        memory=gives.memory_limit or 0.0,
        cpus_taken=sum(cpus for cpus, _ in asked),
        memory_taken=sum(memory for _, memory in asked),
    )
