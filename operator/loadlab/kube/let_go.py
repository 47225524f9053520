"""Pods that were ours and that nobody controls any more: somebody changed their labels.

That is how a pod is set aside to be looked at: its ReplicaSet lets it go and makes another. Nothing
collects it then, and it keeps what it asked for. A label or a name says nothing of whose it is; its
uid does, which it had while it was the experiment's.
"""

from collections.abc import Iterable, Mapping

from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.ownership import controller_of
from loadlab.kube.pods import child_fields
from loadlab.progress.observed import Child, Reference

MOST_ASKED = 20  # pods a pass that are in no list; a run has few


async def find_let_go(
    cluster: Cluster,
    namespace: str,
    known: Iterable[Reference],
    children: Mapping[Kind, Iterable[Manifest]],
) -> tuple[Child, ...]:
    """Return those of the known pods that are there, not on their way, and that nobody controls.

    Raises:
        ClusterError: the API server did not answer.
    """
    listed = {pod["metadata"].get("uid"): pod for pod in children[Kind.POD]}
    known = tuple(known)
    missing = [one for one in known if one.uid not in listed][:MOST_ASKED]
    asked = [await cluster.get(Kind.POD, namespace, one.name, bare=True) for one in missing]
    there = {pod["metadata"].get("uid"): pod for pod in asked if pod is not None} | listed
    return tuple(
        Child(**child_fields(pod, Kind.POD))
        for one in known
        if (pod := there.get(one.uid)) is not None and _is_nobodys(pod)
    )


def _is_nobodys(pod: Manifest) -> bool:
    return not controller_of(pod) and not pod["metadata"].get("deletionTimestamp")
