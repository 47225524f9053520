"""What no event told of is found: a new experiment, a change, and one that is gone."""

from collections.abc import Mapping

import pytest

from loadlab.controller.handlers import Operator
from loadlab.controller.missed_events import handle_missed
from loadlab.controller.settings import from_environment
from loadlab.controller.work_queue import Key
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.client import ApiCluster
from loadlab.kube.errors import RefusedError, UnavailableError
from loadlab.progress.observed import NOBODY_AHEAD

FIRST, NEXT = ("lab", "first"), ("lab", "next")


class Stored(ApiCluster):
    """A cluster that holds these experiments."""

    def __init__(self, bodies: Mapping[Key, Manifest]) -> None:
        self.bodies = dict(bodies)
        self.read: list[Key] = []

    async def versions(self, kind: Kind, namespace: str | None) -> dict[Key, str]:
        return {k: str(body["metadata"]["resourceVersion"]) for k, body in self.bodies.items()}

    async def get(
        self, kind: Kind, namespace: str, name: str, *, bare: bool = False
    ) -> Manifest | None:
        self.read.append((namespace, name))
        return self.bodies.get((namespace, name))


def body(name: str, version: str, phase: str, created: str = "2026-01-01") -> Manifest:
    metadata = {"namespace": "lab", "name": name, "uid": f"uid-{name}", "generation": 1}
    metadata |= {"resourceVersion": version, "creationTimestamp": created}
    status = {"phase": phase, "observedGeneration": 1}
    return {"metadata": metadata, "spec": {}, "status": status}


RUNNING, OVER = body("first", "1", "Running"), body("first", "2", "Succeeded")
WAITS = body("next", "3", "Pending", created="2026-01-02")


async def told_of(*bodies: Manifest) -> Operator:
    """An operator that heard of these, and has had a pass of each."""
    operator = Operator(from_environment({}))
    for each in bodies:
        operator.handle_event(("lab", each["metadata"]["name"]), each)
    for _ in bodies:
        operator.work_queue.done(await operator.work_queue.get(), after=300.0)
    return operator


async def look(operator: Operator, cluster: Stored) -> None:
    await handle_missed(cluster, (None,), operator.index, operator.handle_difference)


async def test_one_that_nobody_was_told_of_gets_a_pass():
    operator = await told_of()

    await look(operator, Stored({NEXT: WAITS}))

    assert await operator.work_queue.get() == NEXT


@pytest.mark.parametrize("now", [{FIRST: OVER, NEXT: WAITS}, {NEXT: WAITS}], ids=["over", "gone"])
async def test_an_end_that_was_missed_holds_up_nobody(now):
    operator = await told_of(RUNNING, WAITS)
    assert operator.index.place_of(NEXT).ahead == 1

    await look(operator, Stored(now))

    assert operator.index.place_of(NEXT) == NOBODY_AHEAD
    assert NEXT in {await operator.work_queue.get() for _ in range(2)}


async def test_where_nothing_was_missed_nothing_is_read_and_nothing_is_due():
    operator = await told_of(RUNNING, WAITS)
    cluster = Stored({FIRST: RUNNING, NEXT: WAITS})

    await look(operator, cluster)

    assert cluster.read == []


async def test_a_server_that_does_not_answer_changes_nothing():
    class Away(Stored):
        async def versions(self, kind: Kind, namespace: str | None) -> dict[Key, str]:
            raise UnavailableError("away")

    operator = await told_of(RUNNING, WAITS)

    with pytest.raises(UnavailableError):
        await look(operator, Away({}))

    assert operator.index.place_of(NEXT).ahead == 1


class Refusing(Stored):
    """One of several namespaces was deleted, and with it the Role that lay in it."""

    async def versions(self, kind: Kind, namespace: str | None) -> dict[Key, str]:
        if namespace in {"gone", None}:
            raise RefusedError(f"GET {namespace}: 403 forbidden")
        return await super().versions(kind, namespace)

    async def get(
        self, kind: Kind, namespace: str, name: str, *, bare: bool = False
    ) -> Manifest | None:
        assert namespace != "gone"
        return await super().get(kind, namespace, name)


async def test_in_a_namespace_that_refuses_there_is_nobody_and_others_are_looked_at():
    operator = await told_of(WAITS)
    theirs = body("theirs", "1", "Running", created="2025-01-01")
    theirs["metadata"]["namespace"] = "gone"
    operator.handle_event(("gone", "theirs"), theirs)
    assert operator.index.place_of(NEXT).ahead == 1
    changed = body("next", "4", "Pending", created="2026-01-02")

    refusing = await handle_missed(
        Refusing({NEXT: changed}), ("gone", "lab"), operator.index, operator.handle_difference
    )

    assert refusing == {"gone"}
    assert operator.index.place_of(NEXT) == NOBODY_AHEAD


async def test_a_cluster_that_refuses_altogether_is_not_empty():
    operator = await told_of(RUNNING, WAITS)

    with pytest.raises(RefusedError):
        await handle_missed(Refusing({}), (None,), operator.index, operator.handle_difference)

    assert operator.index.place_of(NEXT).ahead == 1
