"""Watch our children by label and tell which experiment to look at; never what to do."""

import asyncio
from collections.abc import Callable

import structlog

from loadlab.cluster.api import Kind, Manifest
from loadlab.cluster.client import ApiCluster
from loadlab.cluster.errors import ClusterError
from loadlab.model.names import EXPERIMENT_LABEL, MANAGED_BY_LABEL, MANAGER

WATCHED = (Kind.POD, Kind.JOB, Kind.DEPLOYMENT)
BACKOFF = 1.0
Wake = Callable[[str, str], None]
log = structlog.get_logger()


async def watch_children(
    cluster: ApiCluster, namespaces: tuple[str | None, ...], wake: Wake
) -> None:
    """Call `wake(namespace, experiment)` whenever a child changes, until cancelled."""
    async with asyncio.TaskGroup() as group:
        for namespace in namespaces:
            for kind in WATCHED:
                group.create_task(_watch_kind(cluster, kind, namespace, wake))


async def _watch_kind(cluster: ApiCluster, kind: Kind, namespace: str | None, wake: Wake) -> None:
    labels = {MANAGED_BY_LABEL: MANAGER}
    while True:
        try:
            # What changed before this version is found by the passes' own safety net.
            version = await cluster.list_version(kind, namespace)
            async for event in cluster.watch(kind, namespace, labels, version):
                _wake_owner(event, wake)
        except ClusterError as error:
            log.warning("watch interrupted", kind=kind.name, error=str(error))
            await asyncio.sleep(BACKOFF)


def _wake_owner(event: Manifest, wake: Wake) -> None:
    metadata = (event.get("object") or {}).get("metadata") or {}
    name = (metadata.get("labels") or {}).get(EXPERIMENT_LABEL)
    if name and event.get("type") != "BOOKMARK":
        wake(metadata["namespace"], name)
