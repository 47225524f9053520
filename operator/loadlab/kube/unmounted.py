"""Why pods wait for their volumes: only their events say so, never their status."""

from collections.abc import Iterable
from dataclasses import replace

from loadlab.kube.api import Cluster, Manifest
from loadlab.kube.errors import RefusedError
from loadlab.kube.hints import Hints
from loadlab.kube.pods import view_pod
from loadlab.progress.begun import is_mounting
from loadlab.progress.observed import PodView

MOST_ASKED = 20  # pods in a pass, as of makers that lack pods


async def view_pods(
    cluster: Cluster, namespace: str, pods: Iterable[Manifest], hints: Hints
) -> tuple[PodView, ...]:
    """Return the views of pods, each with what its events say of volumes that it waits for."""
    views = [view_pod(pod, hints) for pod in pods]
    waiting = [view.reference for view in views if view.mounts and is_mounting(view)][:MOST_ASKED]
    said = {each.uid: await _said(cluster, namespace, each.uid) for each in waiting}
    return tuple(replace(view, unmounted=said.get(view.reference.uid, ())) for view in views)


async def _said(cluster: Cluster, namespace: str, uid: str) -> tuple[str, ...]:
    """Ask for a pod's events; where they may not be read, its mounts alone are told."""
    try:
        return await cluster.why_not_mounted(namespace, uid)
    except RefusedError:
        return ()
