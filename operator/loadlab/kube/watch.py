"""Watch our children by label: a change says which experiment to reconcile, never what to do."""

import asyncio
from collections.abc import Callable

import structlog

from loadlab.base.names import EXPERIMENT_LABEL, MANAGED_BY_LABEL, MANAGER
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.client import ApiCluster
from loadlab.kube.errors import ClusterError, RefusedError
from loadlab.kube.lists import outline

WATCHED = (Kind.POD, Kind.JOB, Kind.DEPLOYMENT, Kind.TRIAL)
LISTED = "LISTED"  # the type of an event of ours: an object that is there
BACKOFF = 1.0  # seconds
REFUSED_BACKOFF = 30.0  # where we may not watch: the rights of a namespace may come back
Handle = Callable[[Kind, Manifest], None]
Restarted = Callable[[Kind], None]
log = structlog.get_logger()


async def watch_children(
    cluster: ApiCluster, namespaces: tuple[str | None, ...], handle: Handle, restarted: Restarted
) -> None:
    """Call `handle(kind, event)` whenever a child changes, until cancelled.

    `restarted(kind)` is called when a watch begins or begins again: of what happened before no
    event comes. Only pods are listed then, as their logs say more than a pass reads.
    """
    async with asyncio.TaskGroup() as group:
        for namespace in namespaces:
            for kind in WATCHED:
                group.create_task(_watch_kind(cluster, kind, namespace, handle, restarted))


async def _watch_kind(
    cluster: ApiCluster, kind: Kind, namespace: str | None, handle: Handle, restarted: Restarted
) -> None:
    labels = {MANAGED_BY_LABEL: MANAGER}
    while True:
        try:
            # What changed before this version is found by the passes' own safety net.
            version = await cluster.list_version(kind, namespace)
            restarted(kind)
            if kind is Kind.POD:  # the logs of those that run are followed, also after a restart
                async for page in cluster.outlines(kind, namespace, labels):
                    for pod in page:
                        handle(kind, {"type": LISTED, "object": pod})
            async for event in cluster.watch(kind, namespace, labels, version):
                if event.get("type") != "BOOKMARK":  # of what it brings no more is held
                    handle(kind, {**event, "object": outline(event.get("object") or {})})
        except ClusterError as error:
            log.warning("watch interrupted", kind=kind.name, error=str(error))
            await asyncio.sleep(REFUSED_BACKOFF if isinstance(error, RefusedError) else BACKOFF)


def experiment_of(event: Manifest) -> tuple[str, str] | None:
    """Return namespace and name of the experiment that a child belongs to."""
    metadata = (event.get("object") or {}).get("metadata") or {}
    name = (metadata.get("labels") or {}).get(EXPERIMENT_LABEL)
    return (metadata["namespace"], name) if name else None
