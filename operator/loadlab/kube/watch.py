"""Watch our children by label: what changed tells which experiment to look at, never what to do."""

import asyncio
from collections.abc import Callable

import structlog

from loadlab.kube.api import Kind, Manifest
from loadlab.kube.client import ApiCluster
from loadlab.kube.errors import ClusterError
from loadlab.model.names import EXPERIMENT_LABEL, MANAGED_BY_LABEL, MANAGER

WATCHED = (Kind.POD, Kind.JOB, Kind.DEPLOYMENT, Kind.TRIAL)
BACKOFF = 1.0
Notice = Callable[[Kind, Manifest], None]
Begun = Callable[[Kind], None]
log = structlog.get_logger()


async def watch_children(
    cluster: ApiCluster, namespaces: tuple[str | None, ...], notice: Notice, begun: Begun
) -> None:
    """Call `notice(kind, event)` whenever a child changes, until cancelled.

    `begun(kind)` is called when a watch begins or begins again: what happened before is not told.
    """
    async with asyncio.TaskGroup() as group:
        for namespace in namespaces:
            for kind in WATCHED:
                group.create_task(_watch_kind(cluster, kind, namespace, notice, begun))


async def _watch_kind(
    cluster: ApiCluster, kind: Kind, namespace: str | None, notice: Notice, begun: Begun
) -> None:
    labels = {MANAGED_BY_LABEL: MANAGER}
    while True:
        try:
            # What changed before this version is found by the passes' own safety net.
            version = await cluster.list_version(kind, namespace)
            begun(kind)
            async for event in cluster.watch(kind, namespace, labels, version):
                if event.get("type") != "BOOKMARK":
                    notice(kind, event)
        except ClusterError as error:
            log.warning("watch interrupted", kind=kind.name, error=str(error))
            await asyncio.sleep(BACKOFF)


def experiment_of(event: Manifest) -> tuple[str, str] | None:
    """Return namespace and name of the experiment that a child belongs to."""
    metadata = (event.get("object") or {}).get("metadata") or {}
    name = (metadata.get("labels") or {}).get(EXPERIMENT_LABEL)
    return (metadata["namespace"], name) if name else None
