"""A status that the API server does not take: a webhook that is down, an object that is full."""

from collections.abc import Callable

import pytest

from loadlab.controller.unwritten import AHEAD_FOR, RUNS_FOR
from loadlab.kube.api import Kind, Version
from loadlab.kube.errors import MalformedError, UnavailableError
from loadlab.kube.hints import Hints
from loadlab.kube.standing import standing_of
from tests.reconcile.laboratory import Laboratory
from tests.reconcile.stuck import passes, remembering, set_aside

Take = Callable[[bool], None]


@pytest.fixture
def take(monkeypatch: pytest.MonkeyPatch) -> Callable[[Laboratory], Take]:
    """Lets a laboratory's API server refuse, or take, the status of `stuck`."""

    def of(lab: Laboratory) -> Take:
        write, taken = lab.cluster.patch_status, [True]

        async def patch(kind: Kind, namespace: str, name: str, *rest: object) -> Version:
            if name == "stuck" and kind is Kind.EXPERIMENT and not taken[0]:
                raise UnavailableError("PATCH stuck: 500 failed calling webhook")
            return await write(kind, namespace, name, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(lab.cluster, "patch_status", patch)

        def let(whether: bool) -> None:
            taken[0] = whether

        return let

    return of


async def test_one_that_waits_creates_nothing_announces_nothing_and_is_ahead_of_nobody(take):
    lab = remembering()
    take(lab)(False)
    lab.submit("next", replicates=1)
    await passes(lab, AHEAD_FOR + 1)

    await lab.reconcile("next", set_aside(lab))

    assert lab.status("next")["phase"] == "Preparing"
    assert lab.status("stuck") == {}
    assert lab.cluster.events == [e for e in lab.cluster.events if "next" in str(e)]


async def test_one_that_waits_runs_as_soon_as_its_status_is_taken(take):
    lab = remembering()
    let = take(lab)
    let(False)
    await passes(lab, RUNS_FOR + 10)
    asked = len(lab.cluster.calls)
    await passes(lab, 1)
    assert lab.cluster.calls[asked:] == ["get EXPERIMENT stuck"]  # one of hundreds, maybe
    let(True)

    await lab.reconcile("stuck", set_aside(lab))
    assert "others went before it: PATCH stuck: 500" in lab.condition("Stalled", "stuck")["message"]
    assert set_aside(lab).set_aside == frozenset()
    assert (await lab.run("stuck"))["phase"] == "Succeeded"


@pytest.mark.parametrize("again", range(2))
async def test_one_that_said_so_before_is_tried_as_any_other(take, again):
    lab = remembering()
    let = take(lab)
    for _ in range(again + 1):
        let(False)
        await passes(lab, AHEAD_FOR + 2)
        let(True)
        await lab.reconcile("stuck", set_aside(lab))
        assert set_aside(lab).set_aside == frozenset()

    assert (await lab.run("stuck"))["phase"] == "Succeeded"
    assert lab.condition("Stalled", "stuck")["status"] == "False"


async def test_one_that_runs_is_cleared_away_and_ends_once_that_can_be_written(take):
    lab = remembering()
    let = take(lab)
    while lab.status("stuck").get("phase") != "Running":
        await lab.step("stuck")
    await lab.step("stuck")
    assert lab.cluster.of_kind(Kind.POD)
    let(False)
    lab.submit("next", replicates=1)
    await passes(lab, RUNS_FOR - 5)
    await lab.reconcile("next", set_aside(lab))
    assert lab.status("next")["phase"] == "Pending"

    await passes(lab, 15)
    assert lab.cluster.of_kind(Kind.POD) == {}
    await lab.reconcile("next", set_aside(lab))
    assert lab.status("next")["phase"] == "Preparing"

    let(True)
    status = await lab.run("stuck")
    failed = lab.condition("Failed", "stuck")
    assert status["phase"] == "Failed"
    assert "could not be written for 60 s" in failed["message"]
    assert "failed calling webhook" in failed["message"]


async def test_a_short_trouble_leaves_no_trace(take):
    lab = remembering()
    let = take(lab)
    while lab.status("stuck").get("phase") != "Running":
        await lab.step("stuck")
    let(False)
    await passes(lab, 20)
    let(True)

    assert (await lab.run("stuck"))["phase"] == "Succeeded"


async def test_a_deletion_that_is_refused_is_said_and_ends_with_the_others(monkeypatch):
    """A policy of the namespace that lets nobody delete pods' makers."""
    lab = remembering()

    async def refuses(kind: Kind, namespace: str, name: str, uid: str) -> None:
        raise MalformedError(f"DELETE {name}: 422 ValidatingAdmissionPolicy 'keep' denied request")

    monkeypatch.setattr(lab.cluster, "delete", refuses)
    while lab.status("stuck").get("phase") != "Running":
        await lab.step("stuck")
    lab.experiment("stuck")["spec"]["terminate"] = True
    began, events = lab.now, len(lab.cluster.events)
    said = ""
    while not lab.is_finished("stuck"):
        await lab.step("stuck")
        said = said or lab.condition("Stalled", "stuck").get("message", "")
        assert lab.now - began < 300

    assert "can't be deleted" in said
    assert "'keep' denied request" in said
    assert len(lab.cluster.events) - events < 10


@pytest.fixture
def readable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Laboratory], Take]:
    """Lets a laboratory's API server be too slow, or not, for `stuck` itself."""

    def of(lab: Laboratory) -> Take:
        read, answers = lab.cluster.get, [True]

        async def get(kind: Kind, namespace: str, name: str, **more: bool) -> object:
            if name == "stuck" and kind is Kind.EXPERIMENT and not answers[0]:
                raise UnavailableError("GET stuck: TimeoutError")
            return await read(kind, namespace, name, **more)

        monkeypatch.setattr(lab.cluster, "get", get)

        def let(whether: bool) -> None:
            answers[0] = whether

        return let

    return of


async def unread(lab: Laboratory, seconds: float, every: float = 1) -> None:
    """Passes that come to nothing, of one that was heard of."""
    hints = Hints(standing=standing_of(lab.experiment("stuck")))
    until = lab.now + seconds
    while lab.now < until:
        with pytest.raises(UnavailableError):
            await lab.reconcile("stuck", hints)
        lab.cluster.tick()
        lab.now += every


async def test_one_that_waits_and_cannot_be_read_is_ahead_of_nobody(readable):
    """66,000 labels: each read of it takes longer than anybody waits for."""
    lab = remembering()
    readable(lab)(False)
    await unread(lab, AHEAD_FOR + 1)

    assert set_aside(lab).set_aside == {"uid-stuck"}


@pytest.mark.parametrize("every", [1, 11])
async def test_one_that_runs_and_cannot_be_read_is_cleared_away(readable, every):
    lab = remembering()
    let = readable(lab)
    while lab.status("stuck").get("phase") != "Running":
        await lab.step("stuck")
    await lab.step("stuck")
    let(False)
    await unread(lab, RUNS_FOR - 5, every)
    assert lab.cluster.of_kind(Kind.POD)

    await unread(lab, 25, every)
    for _ in range(5):
        lab.cluster.tick()

    assert lab.cluster.of_kind(Kind.POD) == {}
    assert set_aside(lab).set_aside == {"uid-stuck"}
    let(True)
    assert (await lab.run("stuck"))["phase"] == "Failed"


async def test_one_that_could_not_be_read_for_a_while_goes_on(readable):
    """As all are while the API server is away: then nobody is looked at, for want of the Lease."""
    lab = remembering()
    let = readable(lab)
    while lab.status("stuck").get("phase") != "Running":
        await lab.step("stuck")
    let(False)
    await unread(lab, 15)
    lab.now += RUNS_FOR
    let(True)

    assert (await lab.run("stuck"))["phase"] == "Succeeded"
