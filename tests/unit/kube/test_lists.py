"""Lists of objects of any size: read in parts, and of what is too large only whose it is."""

import asyncio
import json
import sys
import tracemalloc
from collections.abc import AsyncIterator

import pytest

from loadlab.base.names import COMPONENT_LABEL, MANAGED_BY_LABEL
from loadlab.kube import lists
from loadlab.kube.api import Kind, Manifest, Page
from loadlab.kube.errors import MalformedError
from loadlab.kube.lists import LIST_OF_METADATA, Query, keep, outline, outlines_of, pages_of
from loadlab.kube.pods import view_controller, view_job, view_pod


def pod(name: str, size: int = 0) -> Manifest:
    metadata = {"name": name, "uid": f"uid-{name}", "labels": {COMPONENT_LABEL: "k6"}}
    return {"metadata": metadata, "spec": {"args": "<" * size}, "status": {"phase": "Running"}}


class Server:
    """Gives pages as an API server does, and notes what was asked and how much was read."""

    def __init__(self, *items: Manifest) -> None:
        self.items = items
        self.limits: list[int] = []
        self.longest = 0

    async def ask(self, path: str, query: Query, *, accept: str, most: int) -> bytes | None:
        asked = dict(query)
        start, limit = int(asked.get("continue", 0)), int(asked["limit"])
        self.limits.append(limit)
        page = self.items[start : start + limit]
        if accept == LIST_OF_METADATA:
            page = tuple({"metadata": item["metadata"]} for item in page)
        rest = str(start + limit) if start + limit < len(self.items) else ""
        text = json.dumps({"metadata": {"continue": rest}, "items": page}).encode()
        self.longest = max(self.longest, min(len(text), most))
        return text if len(text) <= most else None


async def read(server: Server, kind: Kind = Kind.POD) -> list[Page]:
    return [page async for page, _ in pages_of(server.ask, kind, "lab", [])]


def names(items: list[Manifest]) -> list[str]:
    return [item["metadata"]["name"] for item in items]


async def test_small_objects_come_twenty_at_a_time():
    pages = await read(Server(*(pod(f"p{n}") for n in range(45))))

    assert [len(page) for page in pages] == [20, 20, 5]
    assert names([item for page in pages for item in page]) == [f"p{n}" for n in range(45)]


async def test_no_more_is_read_at_once_than_a_page_may_take_and_nothing_is_left_out():
    """Forty pods of 8 MB, between others, are read in outline."""
    server = Server(*(pod(f"p{n}", 8_000_000 if n % 4 == 3 else 100) for n in range(40)))

    found = [item for page in await read(server) for item in page]

    assert names(found) == [f"p{n}" for n in range(40)]
    assert server.longest <= lists.PAGE_BYTES
    assert [bool(item["spec"]) for item in found] == [n % 4 != 3 for n in range(40)]
    assert all(item["metadata"]["labels"] == {COMPONENT_LABEL: "k6"} for item in found)


async def test_among_large_ones_nobody_asks_for_two_at_a_time():
    """Fifteen experiments of 1.6 MB were each read twice over, the second time in vain."""
    server = Server(*(pod(f"fat-{n}", 1_600_000) for n in range(15)))

    await read(server, Kind.EXPERIMENT)

    assert server.limits == [4, *[1] * 15]


async def test_pages_grow_again_behind_a_large_object():
    server = Server(pod("large", 8_000_000), *(pod(f"p{n}") for n in range(200)))

    await read(server)

    assert server.limits[-1] == lists.PAGE_OBJECTS


async def test_an_experiment_is_read_whole_however_long_it_is():
    """etcd takes 1.5 MiB of it, and its spec decides."""
    (page,) = await read(Server(pod("fat", 3_000_000)), Kind.EXPERIMENT)

    assert page[0]["spec"]


async def test_of_a_long_list_the_first_are_kept_whole():
    server = Server(*(pod(f"p{n}", 400_000) for n in range(20)))

    found = await keep(pages_of(server.ask, Kind.POD, "lab", []))

    whole = [bool(item["spec"]) for item in found]
    assert len(found) == 20
    assert whole == sorted(whole, reverse=True)
    assert 400_000 * sum(whole) <= lists.KEPT


async def test_outlines_say_whose_an_object_is_and_are_small():
    labels = {f"example.com/{n}": "x" * 63 for n in range(20_000)} | {MANAGED_BY_LABEL: "loadlab"}
    fat = pod("fat") | {"metadata": pod("fat")["metadata"] | {"labels": labels}}

    ((found,),) = [page async for page in outlines_of(Server(fat).ask, Kind.POD, None, [])]

    assert found["metadata"]["uid"] == "uid-fat"
    assert found["metadata"]["labels"] == {MANAGED_BY_LABEL: "loadlab"}
    assert len(json.dumps(found)) < 1000


@pytest.mark.parametrize("filler", [{"labels": 20_000}, {"owners": 1}, {"owners": 5_000}])
async def test_outlines_are_small_whatever_stands_in_our_own_labels_and_in_owners(filler):
    labels = {f"loadlab.dev/{n}": "x" * 63 for n in range(filler.get("labels", 0))}
    count = filler.get("owners", 0)
    owners = [{"uid": "u", "name": "n" * (1_000_000 // count)} for _ in range(count)]
    metadata = pod("fat")["metadata"] | {"ownerReferences": owners}
    fat = {"metadata": metadata | {"labels": labels | {MANAGED_BY_LABEL: "loadlab"}}}

    ((found,),) = [page async for page in outlines_of(Server(fat).ask, Kind.POD, None, [])]

    assert len(json.dumps(found)) < 5000


@pytest.mark.parametrize("escapes", [False, True])
@pytest.mark.parametrize("end", ["a", "\u00e4", "\u4e2d", "\u2028", "\U0001f600"])
def test_what_a_text_weighs_follows_from_its_widest_character(end, escapes):
    """PEP 393: one emoji in a page makes four bytes of each of its characters."""
    text = "b" * 1_000_000 + end
    written = json.dumps(text, ensure_ascii=escapes).encode()

    assert 0.99 <= lists.weight(written) / sys.getsizeof(json.loads(written)) <= 2.01


@pytest.mark.parametrize(
    "dense",
    [
        [{"name": "a"}] * 36_000,
        {f"{n:x}": "" for n in range(100_000)},
        {f"f:{n:x}": {} for n in range(100_000)},
        [[]] * 100_000,
        [n + 0.5 for n in range(100_000)],
        [f"{n:x}" for n in range(100_000)],
    ],
    ids=["variables", "labels", "managedFields", "lists", "numbers", "texts"],
)
def test_dense_json_weighs_what_python_makes_of_it(dense):
    """36,000 variables are 468 KB of JSON and seven megabytes in memory."""
    written = json.dumps(dense, separators=(",", ":")).encode()
    tracemalloc.start()
    try:
        read = json.loads(written)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert read == dense
    assert 1 <= lists.weight(written) / taken <= 3


def dense_pod(name: str) -> Manifest:
    """470 KB of JSON, seven megabytes of Python."""
    env = [{"name": "a"}] * 36_000
    return pod(name) | {"spec": {"containers": [{"name": "c", "env": env}]}}


async def test_lists_of_dense_objects_take_little_memory():
    """Nine each of six kinds, listed together, killed the operator."""
    servers = [Server(*(dense_pod(f"p{n}") for n in range(9))) for _ in range(6)]
    large = asyncio.Lock()
    ours = [pages_of(server.ask, Kind.POD, "lab", [], large) for server in servers]
    tracemalloc.start()
    try:
        found = await asyncio.gather(*(keep(pages) for pages in ours))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [names(items) for items in found] == [[f"p{n}" for n in range(9)]] * 6
    assert not any(item["spec"] for items in found for item in items)
    assert peak < 30 * 2**20


async def test_more_objects_than_any_experiment_has_are_refused():
    many = Server(*(pod(f"p{n}") for n in range(lists.MOST_LISTED + 30)))

    with pytest.raises(MalformedError, match="more than 2,000 objects"):
        await keep(pages_of(many.ask, Kind.POD, "lab", []))


async def test_a_list_is_given_up_after_so_many_requests():
    """Each large one takes two: a thousand would hold a pass for minutes, and all others."""
    large = Server(*(pod(f"p{n}", 1_600_000) for n in range(200)))
    pages = pages_of(large.ask, Kind.POD, "lab", [], most_reads=lists.MOST_READS)

    with pytest.raises(MalformedError, match="300 requests did not read them"):
        await keep(pages)
    assert len(large.limits) <= lists.MOST_READS + 4


async def test_as_many_small_ones_as_there_may_be_are_read():
    many = Server(*(pod(f"p{n}") for n in range(lists.MOST_LISTED)))

    pages = pages_of(many.ask, Kind.POD, "lab", [], most_reads=lists.MOST_READS)
    assert len(await keep(pages)) == lists.MOST_LISTED


@pytest.mark.parametrize(
    "view",
    [
        view_pod,
        lambda item: view_job(item, ()),
        lambda item: view_controller(item, Kind.DEPLOYMENT),
        lambda item: view_controller(item, Kind.STATEFUL_SET),
    ],
)
def test_an_outline_can_be_looked_at_as_the_object_can(view):
    assert view(outline(pod("p"))).name == "p"


async def test_an_answer_that_never_fits_ends():
    """Not even the metadata of one object fit: nothing of it is there."""

    async def too_long(path: str, query: Query, *, accept: str, most: int) -> bytes | None:
        return None

    pages: AsyncIterator[tuple[Page, int]] = pages_of(too_long, Kind.POD, "lab", [])
    assert [page async for page, _ in pages] == [[]]
