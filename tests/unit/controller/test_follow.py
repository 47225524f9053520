"""Following a log: the result line is recognised however the pieces are cut."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.cluster.follow import LogFollower, ends_in_result

RESULT = b'{"k6_histogram":{"complete":true}}\n'
LOG = b'level=info msg=x\n{"loadlab_account":{}}\n' + RESULT


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@given(cuts=st.lists(st.integers(0, len(LOG)), max_size=6))
def test_a_result_is_seen_however_the_log_is_cut(cuts):
    edges = [0, *sorted(cuts), len(LOG)]
    parts = [LOG[a:b] for a, b in itertools.pairwise(edges)]

    assert asyncio.run(ends_in_result(pieces(*parts)))


@pytest.mark.parametrize("log", [b"", LOG[:-1], b"k6_histogram\n", LOG[:40]])
async def test_an_unfinished_log_is_no_result(log):
    assert not await ends_in_result(pieces(log))


class Source:
    def follow_log(self, namespace: str, pod: str) -> AsyncIterator[bytes]:
        return pieces(LOG)


def event(type_: str, component: str = "k6", phase: str = "Running") -> dict:
    labels = {"loadlab.dev/component": component, "loadlab.dev/experiment": "exp"}
    metadata = {"name": "p", "namespace": "lab", "uid": "u", "labels": labels}
    return {"type": type_, "object": {"metadata": metadata, "status": {"phase": phase}}}


async def followed(*events: dict) -> tuple[set[str], list[tuple[str, str]]]:
    woken: list[tuple[str, str]] = []
    follower = LogFollower(Source(), lambda *key: woken.append(key))
    for each in events:
        follower.notice(each)
        await asyncio.sleep(0.01)
    return follower.reported, woken


async def test_a_running_generator_is_followed_once_and_wakes_its_experiment():
    reported, woken = await followed(event("ADDED"), event("MODIFIED"))

    assert reported == {"u"}
    assert woken == [("lab", "exp")]


@pytest.mark.parametrize("other", [event("ADDED", "service"), event("ADDED", phase="Pending")])
async def test_others_are_not_followed(other):
    assert await followed(other) == (set(), [])


async def test_a_deleted_pod_is_forgotten():
    reported, _ = await followed(event("ADDED"), event("DELETED"))

    assert reported == set()
