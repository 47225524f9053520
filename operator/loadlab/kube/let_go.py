"""Pods that were ours and are not: gone, or let go as somebody changed their labels.

That is how a pod is set aside to be looked at: its ReplicaSet lets it go and makes another. Nothing
collects it then, and it keeps what it asked for. A label or a name says nothing of whose it is; its
uid does, which it had while it was the experiment's.
"""

from collections.abc import Iterable, Mapping

from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.ownership import controller_of
from loadlab.progress.observed import Child

MOST_ASKED = 20  # pods a pass that are in no list; a run has few


async def find_missing(
    cluster: Cluster,
    namespace: str,
    known: Iterable[Child],
    children: Mapping[Kind, Iterable[Manifest]],
) -> tuple[tuple[Child, ...], tuple[Child, ...]]:
    """Return of the known pods those that nobody controls any more, and those that are gone.

    Raises:
        ClusterError: the API server did not answer.
    """
    there = {pod["metadata"].get("uid"): pod for pod in children[Kind.POD]}
    known, asked = tuple(known), 0
    let_go, gone = list[Child](), list[Child]()
    for one in known:
        pod = there.get(one.reference.uid)
        if pod is None:
            if asked == MOST_ASKED:
                continue
            asked += 1
            pod = await _find(cluster, namespace, one)
        if pod is None:
            gone.append(one)
        elif _is_nobodys(pod):
            let_go.append(one)
    return tuple(let_go), tuple(gone)


async def _find(cluster: Cluster, namespace: str, one: Child) -> Manifest | None:
    found = await cluster.get(Kind.POD, namespace, one.name, bare=True)
    is_it = found is not None and found["metadata"].get("uid") == one.reference.uid
    return found if is_it else None


def _is_nobodys(pod: Manifest) -> bool:
    return not controller_of(pod) and not pod["metadata"].get("deletionTimestamp")
