"""Lists, of whatever size somebody made their objects: in parts that fit into little memory.

Anybody's objects may bear our labels, and a megabyte of `<` in a pod is eight of JSON. So a page
that comes out too long is asked for again in smaller ones, and of a single object that is too long
nothing is read but what stands in an outline: whose it is, not what it is.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable
from typing import Final, Protocol

from loadlab.base.names import (
    COMPONENT_LABEL,
    EXPERIMENT_LABEL,
    EXPERIMENT_UID_LABEL,
    MANAGED_BY_LABEL,
    MAY_BE_USED_LABEL,
    RUN_LABEL,
    TRIAL_LABEL,
)
from loadlab.kube.answers import read_object
from loadlab.kube.api import Kind, Labels, Manifest, Page, version_of
from loadlab.kube.errors import MalformedError

PAGE_OBJECTS: Final = 20
PAGE_EXPERIMENTS: Final = 4  # 1.5 MB each, and three times as much while they are read
PAGE_METADATA: Final = 500
PAGE_BYTES: Final = 2_000_000  # of a page; one that is longer is asked for again in parts
WHOLE: Final = 500_000  # bytes of an object that is read whole
LARGEST: Final = 16_000_000  # bytes of any: etcd takes 1.5 MiB of one, and JSON escapes six times
# Of the memory that Python takes for what was read; JSON may be a tenth of it, or less.
PAGE_WEIGHT: Final = 4_000_000  # of a page; one that is heavier is asked for again in parts
WHOLE_WEIGHT: Final = 2_000_000  # of an object that is read whole
KEPT: Final = 6_000_000  # of a list whose objects are kept whole
MOST_LISTED: Final = 2_000  # objects of a list, those in outline too
MOST_READS: Final = 300  # requests for it: what is too large takes two or three each
JSON: Final = "application/json"
METADATA_ONLY: Final = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
LIST_OF_METADATA: Final = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
OWN_CONTENT: Final = {Kind.EXPERIMENT, Kind.TRIAL}  # stored as JSON: never longer than etcd takes
_KEPT_METADATA: Final = (
    *("name", "namespace", "uid", "resourceVersion", "generation"),
    *("creationTimestamp", "deletionTimestamp"),
)
_KEPT_LABELS: Final = (
    *(MANAGED_BY_LABEL, EXPERIMENT_LABEL, EXPERIMENT_UID_LABEL),
    *(TRIAL_LABEL, RUN_LABEL, COMPONENT_LABEL, MAY_BE_USED_LABEL),
)
_MOST_OWNERS: Final = 10
_MOST_OF_OWNER: Final = 1000  # characters: names may have 253, but nothing says so of a reference
_ASTRAL: Final = re.compile(
    rb"[\xf0-\xf7]|\\u[dD]8"
)  # what JSON has for a character beyond 16 bits
Query = list[tuple[str, str]]
Sized = tuple[Page, int]  # a page, and about how many bytes of memory its texts take


class Ask(Protocol):
    """Reads a path's answer; None where it is longer than `most` bytes."""

    def __call__(
        self, path: str, query: Query, *, accept: str, most: int
    ) -> Awaitable[bytes | None]: ...


def selector(labels: Labels) -> Query:
    """Return the query for objects with these labels."""
    text = ",".join(f"{key}{_to_be(value)}" for key, value in labels.items())
    return [("labelSelector", text)] if text else []


def _to_be(value: str | tuple[str, ...]) -> str:
    return f"={value}" if isinstance(value, str) else f" in ({','.join(value)})"


def outline(item: Manifest) -> Manifest:
    """Return who and whose an object is, in a few hundred bytes; its spec and status are empty."""
    metadata = item.get("metadata") or {}
    labels = metadata.get("labels") or {}
    owners = (metadata.get("ownerReferences") or [])[:_MOST_OWNERS]
    return {
        "metadata": {
            **{key: metadata[key] for key in _KEPT_METADATA if key in metadata},
            "labels": {key: labels[key] for key in _KEPT_LABELS if key in labels},
            "ownerReferences": [one for one in owners if len(str(one)) <= _MOST_OF_OWNER],
            "finalizers": (metadata.get("finalizers") or [])[:_MOST_OWNERS],
        },
        "spec": {},
        "status": {},
    }


async def keep(pages: AsyncIterator[Sized]) -> list[Manifest]:
    """Return all objects of a list: whole while they take little memory, then in outline.

    Raises:
        MalformedError: they are more than any experiment has.
    """
    found, size = list[Manifest](), 0
    async for page, read in pages:
        size += read
        found += page if size <= KEPT else map(outline, page)
        if len(found) > MOST_LISTED:
            raise MalformedError(f"more than {MOST_LISTED:,} objects of one kind bear its labels")
    return found


async def pages_of(
    ask: Ask,
    kind: Kind,
    namespace: str | None,
    query: Query,
    large: asyncio.Lock | None = None,
    *,
    most_reads: int | None = None,
) -> AsyncIterator[Sized]:
    """Yield the objects of a list a few at a time, each whole or in outline.

    With `large` one object that is too large is looked at at a time, whatever the list.

    Raises:
        MalformedError: they are so many and large that `most_reads` requests don't do.
    """
    limit = PAGE_EXPERIMENTS if kind is Kind.EXPERIMENT else PAGE_OBJECTS
    reading = _Reading(ask, kind, namespace, query, large or asyncio.Lock())
    while not reading.is_over:
        if most_reads is not None and reading.reads >= most_reads:
            raise MalformedError(
                f"the objects of one kind that bear its labels are too large and too many: "
                f"{most_reads} requests did not read them"
            )
        yield await reading.next_page(limit)


async def outlines_of(
    ask: Ask, kind: Kind, namespace: str | None, query: Query
) -> AsyncIterator[Page]:
    """Yield the outlines of a list's objects, many at a time."""
    reading = _Reading(ask, kind, namespace, query, asyncio.Lock(), accept=LIST_OF_METADATA)
    while not reading.is_over:
        page, _ = await reading.next_page(PAGE_METADATA)
        yield [outline(item) for item in page]


def weight(text: bytes) -> int:
    """Return about how many bytes a JSON document takes once it is read; rather more than fewer.

    Python keeps a text in one, two or four bytes a character, by the widest one that is in it
    (PEP 393); each text has 49 bytes besides, an object about 200, a list 56, an entry 24 to 48.
    """
    wide = 4 if _ASTRAL.search(text) else 1 if text.isascii() and b"\\u" not in text else 2
    parts = 200 * text.count(b"{") + 60 * text.count(b"[") + 40 * text.count(b",")
    return wide * len(text) + parts + 30 * text.count(b'"')


async def versions_of(pages: AsyncIterator[Page]) -> dict[tuple[str, str], str]:
    """Return the resource version of each object, by namespace and name."""
    found = {}
    async for page in pages:
        for item in page:
            metadata = item.get("metadata") or {}
            key = metadata.get("namespace") or "", metadata.get("name") or ""
            found[key] = version_of(item).resource_version
    return found


class _Reading:
    """One list, read on from page to page."""

    def __init__(
        self,
        ask: Ask,
        kind: Kind,
        namespace: str | None,
        query: Query,
        large: asyncio.Lock,
        *,
        accept: str = JSON,
    ) -> None:
        self._ask, self._path = ask, kind.value.path(namespace)
        self._query, self._accept = query, accept
        is_own = kind in OWN_CONTENT or accept != JSON
        self._most_bytes = LARGEST if is_own else WHOLE
        self._most_weight = sys.maxsize if is_own else WHOLE_WEIGHT
        self._large = large
        self._rest = ""
        self._limit, self._size = 0, 0  # of the last page; none yet
        self.is_over = False
        self.reads = 0

    async def next_page(self, limit: int) -> Sized:
        """Read on: as many objects as fit into a page, at least one."""
        grown = self._limit if 2 * self._size > PAGE_BYTES else 2 * self._limit
        self._limit = min(limit, grown or limit)
        while self._limit > 1:
            text = await self._read(self._limit, self._accept, PAGE_BYTES)
            if text is not None and (weighs := weight(text)) <= PAGE_WEIGHT:
                return self._take(text), weighs
            self._limit = max(1, self._limit // 4)
        text = await self._read(1, self._accept, self._most_bytes)
        if text is not None and (weighs := weight(text)) <= self._most_weight:
            return self._take(text), weighs
        del text
        async with self._large:
            text = await self._read(1, LIST_OF_METADATA, LARGEST)
            return [outline(item) for item in self._take(text or b"{}")], 0

    async def _read(self, limit: int, accept: str, most: int) -> bytes | None:
        self.reads += 1
        rest = [("continue", self._rest)] if self._rest else []
        query = [*self._query, ("limit", str(limit)), *rest]
        return await self._ask(self._path, query, accept=accept, most=most)

    def _take(self, text: bytes) -> Page:
        self._size = len(text)
        found = read_object(text, f"GET {self._path}")
        self._rest = str((found.get("metadata") or {}).get("continue") or "")
        self.is_over = not self._rest
        return found.get("items") or []
