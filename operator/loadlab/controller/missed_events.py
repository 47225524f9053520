"""What no event told of: an experiment that is there, has changed or is gone.

A watch tells of a change once. Where that is lost, in a connection that fell silent and went on or
behind a bookmark that is newer, nothing tells of it again: an experiment of which nobody heard
would never begin, and one whose end was missed would hold up all others. So the versions of all
experiments are compared with what was reported, which takes one request for five hundred.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from loadlab.controller.experiment_index import ExperimentIndex
from loadlab.controller.work_queue import Key
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.client import ApiCluster
from loadlab.kube.errors import ClusterError, RefusedError

EVERY = 30.0  # seconds
Handle = Callable[[Key, Manifest | None], None]
log = structlog.get_logger()


async def watch_for_missed(
    cluster: ApiCluster,
    namespaces: Iterable[str | None],
    index: ExperimentIndex,
    handle: Handle,
) -> None:
    """Call `handle` with each experiment that differs from what is known, until cancelled."""
    refusing = frozenset[str]()
    while True:
        await asyncio.sleep(EVERY)
        try:
            before, refusing = refusing, await handle_missed(cluster, namespaces, index, handle)
            if refusing != before:
                log.warning("namespaces that refuse to be read", namespaces=sorted(refusing))
        except ClusterError as error:
            log.warning("no look for missed events", error=str(error))


async def handle_missed(
    cluster: ApiCluster,
    namespaces: Iterable[str | None],
    index: ExperimentIndex,
    handle: Handle,
) -> frozenset[str]:
    """Do so once; an experiment is read anew, as its event may have come meanwhile.

    In a namespace that refuses to be read there is nobody: it was deleted and took our Role along,
    or its owners took that away. Return these namespaces.

    Raises:
        ClusterError: the API server did not answer, or refuses all of the cluster.
    """
    versions: dict[Key, str] = {}
    refusing = set[str]()
    for namespace in namespaces:
        try:
            versions |= await cluster.versions(Kind.EXPERIMENT, namespace)
        except RefusedError:
            if namespace is None:
                raise
            refusing.add(namespace)
    for key in index.differing(versions):
        is_readable = key[0] not in refusing
        handle(key, await cluster.get(Kind.EXPERIMENT, *key) if is_readable else None)
    return frozenset(refusing)
