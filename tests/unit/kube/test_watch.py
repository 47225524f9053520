"""The watch of our children: what is there when it begins, and what changes afterwards."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from loadlab.kube import watch
from loadlab.kube.api import Kind, Labels, Page
from loadlab.kube.client import ApiCluster
from loadlab.kube.errors import UnavailableError
from loadlab.kube.watch import LISTED, watch_children

Seen = list[tuple[Kind, str, str]]


class Watched(ApiCluster):
    """One object of each kind is there; each watch says that another came, then goes on or ends."""

    def __init__(self, breaks: int = 0) -> None:
        self.breaks = breaks

    async def list_version(self, kind: Kind, namespace: str | None) -> str:
        return "7"

    async def outlines(
        self, kind: Kind, namespace: str | None, labels: Labels
    ) -> AsyncIterator[Page]:
        assert labels
        yield [{"metadata": {"name": "old"}}]

    async def watch(
        self, kind: Kind, namespace: str | None, labels: Labels, version: str
    ) -> AsyncIterator[dict[str, Any]]:
        yield {"type": "BOOKMARK", "object": {"metadata": {"name": ""}}}
        yield {"type": "ADDED", "object": {"metadata": {"name": "new"}}}
        if self.breaks:
            self.breaks -= 1
            raise UnavailableError("a test's")
        await asyncio.Event().wait()


async def seen_by(cluster: Watched) -> tuple[Seen, list[Kind]]:
    events: Seen = []
    begun: list[Kind] = []

    def handle(kind: Kind, event: dict[str, Any]) -> None:
        events.append((kind, event["type"], event["object"]["metadata"]["name"]))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await watch_children(cluster, (None,), handle, begun.append)
    return events, begun


async def test_pods_that_are_there_come_before_those_that_change():
    """After a restart the log of a run under way is followed again."""
    events, _ = await seen_by(Watched())

    pods = [event[1:] for event in events if event[0] is Kind.POD]
    assert pods == [(LISTED, "old"), ("ADDED", "new")]


async def test_other_kinds_are_not_listed():
    """A pass reads them itself; of LoadTrials there may be a thousand, of 31 KB each."""
    events, begun = await seen_by(Watched())

    assert {kind for kind, type_, _ in events if type_ == LISTED} == {Kind.POD}
    assert sorted(kind.name for kind in begun) == sorted(kind.name for kind in watch.WATCHED)


async def test_a_watch_that_breaks_off_begins_again(monkeypatch):
    monkeypatch.setattr(watch, "BACKOFF", 0.01)

    events, begun = await seen_by(Watched(breaks=1))

    assert len(begun) == len(watch.WATCHED) + 1
    assert len([event for event in events if event[1] == "ADDED"]) == len(begun)
