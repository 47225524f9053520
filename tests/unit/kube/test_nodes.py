"""What is asked of nodes is added up page by page: the pods are anybody's, and of any size."""

import tracemalloc
from collections.abc import AsyncIterator
from typing import cast

import pytest

from loadlab.kube.api import Cluster, Kind, Manifest, Page
from loadlab.kube.nodes import MOST_PAGES, read_nodes
from loadlab.kube.pods import view_pod
from loadlab.progress.nodes import NodeView

MIB = 2**20
NODE = {
    "metadata": {"name": "n"},
    "status": {"allocatable": {"cpu": "2", "memory": "4Gi"}},
}
CONDITION = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1"}
PLACELESS = view_pod(
    {"metadata": {"name": "p"}, "spec": {}, "status": {"conditions": [CONDITION]}},
)


def pod(node: str = "n", *, phase: str = "Running", size: int = 0) -> Manifest:
    requests = {"cpu": "100m", "memory": "1Mi"}
    container = {
        "name": "c",
        "image": "i" * size + "\U0001f600",
        "resources": {"requests": requests},
    }
    spec = {"nodeName": node, "containers": [container]}
    return {"metadata": {"name": "x"}, "spec": spec, "status": {"phase": phase}}


class Nodes:
    """Gives one node, and pages of pods that are made when they are asked for."""

    def __init__(self, pages: int, *, size: int = 0) -> None:
        self._pages, self._size = pages, size

    async def pages(
        self, kind: Kind, namespace: str | None, labels: dict[str, str]
    ) -> AsyncIterator[Page]:
        if kind is Kind.NODE:
            yield [NODE]
            return
        for _ in range(self._pages):
            others = [pod("m"), pod("", phase="Pending"), pod(phase="Failed")]
            yield [pod(size=self._size) for _ in range(4)] + others


async def read(nodes: Nodes) -> tuple[NodeView, ...]:
    return await read_nodes(cast("Cluster", nodes), [PLACELESS])


async def test_what_its_pods_ask_of_a_node_is_added_up():
    (node,) = await read(Nodes(3))

    assert node.cpus_taken == pytest.approx(1.2)
    assert node.memory_taken == 12 * MIB


async def test_of_large_pods_nothing_is_kept():
    """Four hundred whose image is half a megabyte, with one emoji in it: 800 MB of texts."""
    tracemalloc.start()
    try:
        await read(Nodes(100, size=500_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 25 * MIB


async def test_beyond_so_many_pages_the_schedulers_sentence_has_to_do():
    assert await read(Nodes(MOST_PAGES)) != ()
    assert await read(Nodes(MOST_PAGES + 1)) == ()
