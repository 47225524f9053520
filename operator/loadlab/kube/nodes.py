"""What nodes may give to pods and have given, looked at only where a pod fits none of them."""

from collections import defaultdict
from collections.abc import Iterable

from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.containers import view_resources
from loadlab.kube.errors import RefusedError
from loadlab.kube.pods import view_pod
from loadlab.progress.nodes import NodeView
from loadlab.progress.observed import PodView
from loadlab.progress.unplaced import asked_for

# Beyond these the scheduler's sentence has to do: every pod of the cluster is read.
MOST_NODES = 10
MOST_PAGES = 100  # of pods: 20 each, or fewer where they are large
Taken = dict[str, tuple[float, float]]  # CPUs and bytes that are asked for, by the node's name


async def read_nodes(cluster: Cluster, pods: Iterable[PodView]) -> tuple[NodeView, ...]:
    """Return the nodes where one of the pods fits none; nothing where they may not be read."""
    if not any(pod.unschedulable for pod in pods):
        return ()
    try:
        nodes = await _few_nodes(cluster)
        taken = await _read_taken(cluster) if nodes else None
    except RefusedError:
        return ()
    return () if taken is None else tuple(_view(node, taken) for node in nodes)


async def _few_nodes(cluster: Cluster) -> list[Manifest]:
    nodes: list[Manifest] = []
    async for page in cluster.pages(Kind.NODE, None, {}):
        nodes += page
        if len(nodes) > MOST_NODES:
            return []
    return nodes


async def _read_taken(cluster: Cluster) -> Taken | None:
    """Add up what the cluster's pods ask for, page by page; None where they are too many.

    Those that have ended take nothing. They are anybody's: no more of one is kept than two sums.
    """
    taken: Taken = defaultdict(lambda: (0.0, 0.0))
    read = 0
    async for page in cluster.pages(Kind.POD, None, {}):
        read += 1
        if read > MOST_PAGES:
            return None
        for pod in map(view_pod, page):
            if pod.node and not pod.has_ended:
                (cpus, memory), (more_cpus, more_memory) = taken[pod.node], asked_for(pod)
                taken[pod.node] = cpus + more_cpus, memory + more_memory
    return taken


def _view(node: Manifest, taken: Taken) -> NodeView:
    name = node["metadata"]["name"]
    gives = view_resources({"limits": (node.get("status") or {}).get("allocatable") or {}})
    cpus_taken, memory_taken = taken.get(name, (0.0, 0.0))
    return NodeView(
        name=name,
        cpus=gives.cpu_limit or 0.0,
        memory=gives.memory_limit or 0.0,
        cpus_taken=cpus_taken,
        memory_taken=memory_taken,
    )
