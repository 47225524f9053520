"""A pass that fails says so in the status, and ends the experiment when it fails for long."""

from collections.abc import Callable
from typing import Any

import pytest

from loadlab.controller import ending, reconcile, troubled
from loadlab.controller.unwritten import RUNS_FOR
from loadlab.kube.api import Kind, Version
from loadlab.kube.errors import ClusterError, MalformedError, RefusedError, UnavailableError
from loadlab.kube.hints import Hints
from loadlab.progress.failed_pass import BROKEN_FOR
from tests.reconcile.fake_cluster import FakeCluster
from tests.reconcile.laboratory import CHILD, Laboratory

FIRST_RUN = (Kind.JOB, "lab", f"{CHILD}-001-a1-k6")
PARTS = ["read_experiment", "observe", "decide", "collect"]


def breaks(*_: object, **__: object) -> Any:
    raise ZeroDivisionError("something of theirs that we did not think of")


async def breaks_later(*_: object, **__: object) -> Any:
    breaks()


async def begun(at: tuple[Kind, str, str] = FIRST_RUN) -> Laboratory:
    lab = Laboratory()
    lab.submit()
    while at not in lab.cluster.objects:
        await lab.step()
    return lab


async def begun_and_remembered() -> Laboratory:
    """One under way whose operator has seen what it has."""
    lab = Laboratory(forgetful=False)
    lab.submit()
    while FIRST_RUN not in lab.cluster.objects:
        await lab.step()
    await lab.step()
    return lab


def break_for(monkeypatch: pytest.MonkeyPatch, part: str, name: str = "exp") -> None:
    """Let a part of the pass break for one experiment only."""
    whole = getattr(reconcile, part)

    def broken(*arguments: Any, **options: Any) -> Any:
        if name in {_name_of(argument) for argument in arguments}:
            return breaks_later() if part in {"observe", "collect"} else breaks()
        return whole(*arguments, **options)

    monkeypatch.setattr(reconcile, part, broken)


def _name_of(argument: Any) -> str:
    if isinstance(argument, dict):
        return str(argument["metadata"]["name"])
    if hasattr(argument, "context"):
        return str(argument.context.experiment.metadata.name)
    return str(getattr(getattr(argument, "metadata", None), "name", ""))


@pytest.mark.parametrize("part", PARTS)
async def test_whatever_breaks_ends_the_experiment_and_the_next_one_runs(part, monkeypatch):
    lab = await begun()
    lab.submit("next", replicates=1)
    break_for(monkeypatch, part)
    began = lab.now

    status = await lab.run()

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "ReconcileFailed")
    assert "ZeroDivisionError: something of theirs" in failed["message"]
    assert lab.leftovers() == set()
    assert lab.now - began < 25
    assert (await lab.run("next"))["phase"] == "Succeeded"


def deployments(lab: Laboratory) -> set[str]:
    return {name for name in lab.leftovers() if name.startswith("DEPLOYMENT")}


@pytest.mark.parametrize(
    "error",
    [RecursionError("maximum recursion depth exceeded"), KeyError("metadata"), RefusedError("403")],
)
async def test_remains_that_cannot_be_looked_at_end_it_too(error, monkeypatch):
    """What breaks the pass breaks the look at what is left as well: it reads the same pods."""
    lab = await begun_and_remembered()
    lab.submit("next", replicates=1)
    break_for(monkeypatch, "observe")

    async def broken(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr(ending, "observe_remains", broken)
    began = lab.now

    status = await lab.run()

    message = lab.condition("Failed")["message"]
    assert status["phase"] == "Failed"
    assert "can't be looked at" in message
    assert str(error) in message
    assert lab.now - began < 25
    assert {name for name in lab.leftovers() if not name.startswith("POD")} == set()
    assert (await lab.run("next"))["phase"] == "Succeeded"
    assert lab.leftovers() == set()


@pytest.mark.parametrize("part", ["end_one_step", "read_identity"])
async def test_an_ending_that_breaks_holds_nobody_up(part, monkeypatch):
    lab = await begun_and_remembered()
    lab.submit("next", replicates=1)
    break_for(monkeypatch, "observe")
    whole = getattr(troubled, part)

    def broken(*arguments: Any) -> Any:
        names = {_name_of(argument) for argument in arguments}
        return breaks() if "exp" in names else whole(*arguments)

    monkeypatch.setattr(troubled, part, broken)

    for _ in range(int(BROKEN_FOR + RUNS_FOR) + 5):
        await lab.step()

    aside = lab.operator.unwritten.set_aside(lab.now)
    assert aside == {"uid-exp"}
    assert deployments(lab) == set()
    await lab.reconcile("next", Hints(set_aside=aside))
    assert lab.status("next")["phase"] == "Preparing"


async def test_it_is_shown_at_once_and_taken_back_by_a_pass_that_goes_through(monkeypatch):
    lab = await begun()
    with monkeypatch.context() as broken:
        break_for(broken, "decide")
        assert await lab.reconcile() == 1
    stalled = lab.condition("Stalled")
    assert (stalled["status"], stalled["reason"]) == ("True", "ReconcileFailed")
    assert "ZeroDivisionError" in stalled["message"]

    await lab.step()

    assert lab.condition("Stalled")["status"] == "False"
    assert (await lab.run())["phase"] == "Succeeded"


@pytest.mark.parametrize("part", ["read_experiment", "observe", "decide"])
async def test_one_that_has_not_begun_is_refused(part, monkeypatch):
    lab = Laboratory()
    lab.submit()
    break_for(monkeypatch, part)

    status = await lab.run()

    assert (status["phase"], lab.condition("Accepted")["status"]) == ("Failed", "False")
    assert lab.leftovers() == set()


async def test_a_summing_up_that_breaks_keeps_what_was_counted(monkeypatch):
    lab = Laboratory()
    lab.submit()
    while lab.status().get("phase") != "Analyzing":
        await lab.step()
    break_for(monkeypatch, "decide")

    status = await lab.run()

    assert lab.condition("Failed")["reason"] == "ReconcileFailed"
    assert status["trials"]["succeeded"] == 4
    assert lab.leftovers() == set()


async def test_a_status_that_the_api_server_refuses_is_written_without_what_it_refused(monkeypatch):
    lab = Laboratory()
    lab.submit(replicates=1)
    accepted = lab.cluster.patch_status

    async def patch_status(
        kind: Kind, namespace: str, name: str, patch: Any, version: Version
    ) -> Version:
        if "results" in patch:
            raise MalformedError("PATCH status: 422 results[0].cell: Too long")
        return await accepted(kind, namespace, name, patch, version)

    monkeypatch.setattr(lab.cluster, "patch_status", patch_status)

    status = await lab.run()

    assert (status["phase"], "results" in status) == ("Failed", False)
    assert "results[0].cell: Too long" in lab.condition("Failed")["message"]


def refuse(lab: Laboratory, monkeypatch: pytest.MonkeyPatch, verb: str, error: ClusterError):
    whole: Callable[..., Any] = getattr(FakeCluster, verb)

    async def refused(kind: Kind, *arguments: Any) -> Any:
        if kind is Kind.POD:
            raise error
        return await whole(lab.cluster, kind, *arguments)

    monkeypatch.setattr(lab.cluster, verb, refused)


async def test_an_api_server_that_does_not_answer_ends_nothing(monkeypatch):
    lab = await begun()
    with monkeypatch.context() as away:
        refuse(lab, away, "list", UnavailableError("GET pods: 503"))
        for _ in range(100):
            with pytest.raises(UnavailableError):
                await lab.reconcile()
            lab.now += 1

    assert (await lab.run())["phase"] == "Succeeded"


async def test_rights_that_are_missing_are_shown_and_end_what_was_begun(monkeypatch):
    lab = await begun()
    with monkeypatch.context() as forbidden:
        refuse(lab, forbidden, "list", RefusedError("GET pods: 403 forbidden"))
        await lab.reconcile()
        assert lab.condition("Stalled")["reason"] == "RequestRefused"
        lab.now += 50
        await lab.reconcile()
        assert lab.status()["phase"] == "Running"

    assert (await lab.run())["phase"] == "Succeeded"


async def test_what_is_over_is_left_alone_when_its_pass_breaks(monkeypatch):
    lab = Laboratory()
    lab.submit(replicates=1)
    status = await lab.run()
    break_for(monkeypatch, "read_experiment")

    assert await lab.reconcile() == troubled.WHEN_OVER
    assert lab.status() == status


async def test_a_namespace_that_takes_no_events_still_takes_experiments(monkeypatch):
    lab = Laboratory()
    lab.submit(replicates=1)
    accepted = lab.cluster.create

    async def create(manifest: Any) -> Any:
        if manifest["kind"] == "Event":
            raise RefusedError("POST events: 403 exceeded quota: events")
        return await accepted(manifest)

    monkeypatch.setattr(lab.cluster, "create", create)

    assert (await lab.run())["phase"] == "Succeeded"
