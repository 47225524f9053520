"""Following a log: the result line is recognised however the pieces are cut."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.base.names import result_token
from loadlab.kube.errors import MalformedError
from loadlab.kube.follow import MOST_FOLLOWED, MOST_OF_NAMESPACE, LogFollower
from loadlab.kube.log_lines import token_bytes
from loadlab.kube.preparations import PreparationNotes
from loadlab.measurement.documents import Progress
from loadlab.model.status import Preparation
from tests.manifests import Json

TOKEN = token_bytes(result_token("uid-exp", "exp-001-a1"))
RESULT = TOKEN + b'{"loadlab_result":{"complete":true}}\n'
PROGRESS = (
    TOKEN + b'{"loadlab_progress":{"version":1,"seconds":12,"phase":"measurement","requests":4002,'
    b'"failed":3,"inFlight":16}}\n'
)
LOG = b'level=info msg=x\n{"loadlab_account":{}}\n' + PROGRESS + RESULT


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


class Source:
    def __init__(self, *parts: bytes) -> None:
        self.parts = parts or (LOG,)

    def follow_log(self, namespace: str, pod: str, container: str) -> AsyncIterator[bytes]:
        return pieces(*self.parts)


def event(type_: str, component: str = "k6") -> Json:
    labels = {
        "loadlab.dev/component": component,
        "loadlab.dev/experiment": "exp",
        "loadlab.dev/experiment-uid": "uid-exp",
        "loadlab.dev/run": "exp-001-a1",
    }
    metadata = {"name": "p", "namespace": "lab", "uid": "u", "labels": labels}
    return {"type": type_, "object": {"metadata": metadata}}


async def followed(*events: Json) -> tuple[set[str], list[tuple[str, str]]]:
    woken: list[tuple[str, str]] = []
    follower = LogFollower(Source(), lambda *key: woken.append(key))
    for each in events:
        follower.handle_event(each)
        await asyncio.sleep(0.01)
    return follower.reported, woken


async def test_a_running_generator_is_followed_once_and_wakes_its_experiment():
    reported, woken = await followed(event("ADDED"), event("MODIFIED"))

    assert reported == {"u"}
    assert woken == [("lab", "exp")]


@given(cuts=st.lists(st.integers(0, len(LOG)), max_size=6))
def test_a_result_is_seen_however_the_log_is_cut(cuts):
    edges = [0, *sorted(cuts), len(LOG)]
    parts = [LOG[a:b] for a, b in itertools.pairwise(edges)]

    assert asyncio.run(reported_after(*parts))


@pytest.mark.parametrize(
    "log",
    [
        b"",
        LOG[:-1],
        b"loadlab_result\n",
        LOG[:40],
        RESULT.removeprefix(TOKEN),
        b" " + RESULT,
        b"x" * 70_000 + RESULT,
    ],
)
async def test_an_unfinished_log_is_no_result(log):
    assert not await reported_after(log)


async def reported_after(*parts: bytes) -> bool:
    follower = LogFollower(Source(*parts), lambda *_: None)
    follower.handle_event(event("ADDED"))
    await asyncio.gather(*follower._tasks.values())
    return follower.reported == {"u"}


async def test_the_last_progress_is_kept_and_wakes_nobody():
    later = PROGRESS.replace(b'"seconds":12', b'"seconds":13')
    broken = [
        PROGRESS.replace(b'"version":1', b'"version":2'),
        TOKEN + b'{"loadlab_progress":' + b"[" * 9999,
    ]
    woken: list[tuple[str, str]] = []
    source = Source(PROGRESS, later, *broken, b"\n", LOG[:20])
    follower = LogFollower(source, lambda *key: woken.append(key))

    follower.handle_event(event("ADDED"))
    await asyncio.gather(*follower._tasks.values())

    said = Progress(
        version=1, seconds=13, phase="measurement", requests=4002, failed=3, in_flight=16
    )
    assert follower.progress == {"u": said}
    assert woken == []
    follower.handle_event(event("DELETED"))
    assert follower.progress == {}


async def test_others_are_not_followed():
    assert await followed(event("ADDED", "service")) == (set(), [])


class NotYet(Source):
    """A container that begins after its log was asked for so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times, self.asked = times, 0

    async def follow_log(self, namespace: str, pod: str, container: str) -> AsyncIterator[bytes]:
        self.asked += 1
        await asyncio.sleep(0.005)
        if self.asked <= self.times:
            raise MalformedError('container "k6" is waiting to start: ContainerCreating')
        for part in self.parts:
            yield part


@pytest.mark.parametrize("pause", [0.0, 0.02], ids=["while it is asked", "afterwards"])
async def test_a_log_that_is_not_there_yet_is_asked_for_again_once_its_pod_has_changed(pause):
    source = NotYet(times=2)
    follower = LogFollower(source, lambda *_: None)
    for _ in range(2):
        follower.handle_event(event("MODIFIED"))
        await asyncio.sleep(pause or 0.001)
    await asyncio.sleep(0.03)
    assert (source.asked, follower.reported) == (2, set())

    follower.handle_event(event("MODIFIED"))
    await asyncio.sleep(0.03)

    assert (source.asked, follower.reported) == (3, {"u"})


async def test_a_deleted_pod_is_forgotten():
    reported, _ = await followed(event("ADDED"), event("DELETED"))

    assert reported == set()


LOADING = (
    b"dataset: waiting for Postgres: starting up\n"
    b'dataset: progress {"step": "load orders", "percent": 12, "message": "1 of 8 rows"}\n'
    b"dataset: progress of another kind\n"
    b'dataset: progress {"step": "load orders", "percent": 900}\n'
    b'dataset: progress {"step": "load orders", "percent": 40'
)
FIRST = Preparation(step="load orders", percent=12, message="1 of 8 rows")
SECOND = Preparation(step="check the rows", percent=99)


async def test_the_loading_of_a_data_set_is_noted_and_wakes_its_experiment():
    woken: list[tuple[str, str]] = []
    parts = [LOADING[i : i + 7] for i in range(0, len(LOADING), 7)]
    follower = LogFollower(Source(*parts), lambda *key: woken.append(key))

    follower.handle_event(event("ADDED", "dataset"))
    await asyncio.sleep(0.01)

    assert follower.preparations == {"u": FIRST}
    assert woken == [("lab", "exp")]
    assert follower.reported == set()

    follower.handle_event(event("DELETED", "dataset"))
    assert follower.preparations == {}


async def test_what_was_said_last_is_told_when_the_interval_is_over_and_nothing_between():
    seen: list[Preparation] = []
    notes = PreparationNotes(interval=0.02)

    def requeue() -> None:
        seen.append(notes.published["u"])

    for percent in range(12, 40):
        notes.note("u", FIRST.model_copy(update={"percent": percent}), requeue)
    notes.note("u", SECOND, requeue)
    assert seen == [FIRST]

    await asyncio.sleep(0.03)
    assert seen == [FIRST, SECOND]
    await asyncio.sleep(0.03)
    assert seen == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("namespaces", "at_once"),
    [(1, MOST_OF_NAMESPACE), (2, 2 * MOST_OF_NAMESPACE), (9, MOST_FOLLOWED)],
)
async def test_only_so_many_logs_are_followed_at_once(namespaces, at_once):
    """Each holds a connection, and a pod of anybody's may bear our labels."""
    open_now: set[str] = set()

    class Endless:
        async def follow_log(
            self, namespace: str, pod: str, container: str
        ) -> AsyncIterator[bytes]:
            open_now.add(pod)
            await asyncio.Event().wait()
            yield b""

    follower = LogFollower(Endless(), lambda *_: None)
    for number in range(3 * MOST_FOLLOWED):
        each = event("ADDED")
        named = {"name": f"p-{number}", "uid": f"u-{number}"}
        each["object"]["metadata"] |= named | {"namespace": f"lab-{number % namespaces}"}
        follower.handle_event(each)
    await asyncio.sleep(0.01)
    assert len(open_now) == at_once

    gone = event("DELETED")
    gone["object"]["metadata"]["uid"] = "u-0"
    follower.handle_event(gone)
    await asyncio.sleep(0.01)
    assert len(open_now) == at_once + 1
