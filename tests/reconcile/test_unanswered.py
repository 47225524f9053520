"""One request stays without an answer while all others have one: a webhook that hangs, a node
whose kubelet nobody reaches, an object that is too much for the API server.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from loadlab.kube.api import Kind
from loadlab.kube.errors import NotTheWriterError, UnavailableError
from loadlab.model.status.conditions import Reason
from loadlab.progress.clearing import CLEARING
from loadlab.progress.failed_pass import UNANSWERED_FOR, UNANSWERED_SHOWN
from tests.reconcile.fake_cluster import FakeCluster
from tests.reconcile.laboratory import CHILD, Laboratory

Hits = Callable[..., bool]
FIRST_RUN = (Kind.JOB, "lab", f"{CHILD}-001-a1-k6")
SAID_AFTER = 5.0  # seconds
ENDS_AFTER = UNANSWERED_FOR + CLEARING + 20
ONE_TRIAL: dict[str, Any] = {"replicates": 1, "variants": [{"name": "sync"}]}


def silence(lab: Laboratory, verb: str, hits: Hits, *, error: type[UnavailableError]) -> None:
    """Leave some requests of one experiment without an answer, for good."""
    whole: Callable[..., Awaitable[Any]] = getattr(FakeCluster, verb)

    async def unanswered(*about: Any, **how: Any) -> Any:
        if hits(*about):
            raise error(f"{verb}: 504 timeout")
        return await whole(lab.cluster, *about, **how)

    setattr(lab.cluster, verb, unanswered)


async def step(lab: Laboratory, name: str = "exp") -> None:
    """A second of the operator, whatever comes of its pass."""
    try:
        await lab.step(name)
    except UnavailableError:
        lab.cluster.tick()
        lab.now += 1


async def begun(at: tuple[Kind, str, str] | None = None) -> Laboratory:
    lab = Laboratory(forgetful=False)
    lab.submit(**ONE_TRIAL)
    while lab.status().get("phase") != "Running" or (at and at not in lab.cluster.objects):
        await step(lab)
    return lab


async def told(lab: Laboratory, within: float = SAID_AFTER) -> str:
    """Step until the status says what holds it up."""
    began = lab.now
    while lab.condition("Stalled").get("status") != "True":
        await step(lab)
        assert lab.now - began <= within + 20, "nothing is told"
    return str(lab.condition("Stalled")["message"])


async def ended(lab: Laboratory) -> float:
    """Step to the end; return how long that took."""
    began = lab.now
    while not lab.is_finished():
        await step(lab)
        assert lab.now - began < 600, lab.status()
    return lab.now - began


ACTING: dict[str, tuple[str, Hits, tuple[Kind, str, str] | None]] = {
    "the log of the generator": ("logs", lambda *_: True, None),
    "the status of the LoadTrial": ("patch_status", lambda kind, *_: kind is Kind.TRIAL, None),
    "a Deployment's creation": ("create", lambda it: it["kind"] == "Deployment", None),
    "a Deployment's deletion": ("delete", lambda kind, *_: kind is Kind.DEPLOYMENT, FIRST_RUN),
    "a list": ("list", lambda kind, *_: kind is Kind.REPLICA_SET, None),
}


@pytest.mark.parametrize("what", ACTING)
async def test_it_is_told_and_holds_nobody_up_for_longer_than_minutes(what):
    verb, hits, at = ACTING[what]
    lab = await begun(at)
    silence(lab, verb, hits, error=UnavailableError)

    said = await told(lab, within=20)
    lasted = await ended(lab)

    assert f"{verb}: 504 timeout" in said
    assert lab.status()["phase"] == "Failed" or what == "a Deployment's deletion"
    assert f"{verb}: 504 timeout" in str(lab.status()["conditions"])
    assert lasted < ENDS_AFTER
    for other in ("logs", "patch_status", "create", "delete", "list"):
        vars(lab.cluster).pop(other, None)
    lab.submit("next", **ONE_TRIAL)
    assert (await lab.run("next"))["phase"] == "Succeeded"


async def test_where_no_log_could_be_read_the_first_trial_ends_the_experiment():
    lab = await begun()
    silence(lab, "logs", lambda *_: True, error=UnavailableError)
    await ended(lab)

    trial = lab.trials()[f"{CHILD}-001"]["status"]
    assert (trial["phase"], trial["reason"], trial["attempt"]) == ("Failed", "NotAnswered", 1)
    assert lab.condition("Failed")["reason"] == "NotAnswered"
    assert "its log could not be read for 120 s: logs: 504" in lab.condition("Failed")["message"]


async def test_where_others_could_be_read_the_attempt_is_repeated():
    """A node that is lost after the load takes its logs along."""
    lab = Laboratory(forgetful=False)
    lab.submit(replicates=2, variants=[{"name": "sync"}])
    first = f"{CHILD}-002-a1-"
    silence(lab, "logs", lambda _, pod, *__: pod.startswith(first), error=UnavailableError)
    await ended(lab)

    assert lab.status()["phase"] == "Succeeded"
    [former] = lab.trials()[f"{CHILD}-002"]["status"]["formerAttempts"]
    assert former["reason"] == "NotAnswered"


@pytest.mark.parametrize("verb", ["list", "get"])
async def test_an_analysis_that_is_not_answered_comes_to_an_end_too(verb):
    lab = Laboratory(forgetful=False)
    lab.submit(**ONE_TRIAL)
    while lab.status().get("phase") != "Analyzing":
        await step(lab)
    missing = Kind.REPLICA_SET if verb == "list" else Kind.TRIAL
    silence(lab, verb, lambda kind, *_: kind is missing, error=UnavailableError)

    said = await told(lab)
    lasted = await ended(lab)

    assert f"{verb}: 504 timeout" in said
    assert lab.condition("Failed")["reason"] == "NotAnswered"
    assert lasted < ENDS_AFTER
    for _ in range(5):
        lab.cluster.tick()
    assert lab.leftovers() == set()


async def test_what_could_not_be_listed_is_taken_away_as_it_was_seen():
    lab = Laboratory(forgetful=False)
    lab.submit(**ONE_TRIAL)
    while lab.status().get("phase") != "Analyzing":
        await step(lab)
    silence(lab, "list", lambda *_: True, error=UnavailableError)
    await ended(lab)
    for _ in range(5):
        lab.cluster.tick()

    assert lab.leftovers() == set()


async def test_one_that_waits_says_so_and_is_ahead_of_nobody():
    lab = Laboratory(forgetful=False)
    lab.submit(**ONE_TRIAL)
    silence(lab, "list", lambda kind, *_: kind is Kind.REPLICA_SET, error=UnavailableError)
    for _ in range(int(UNANSWERED_FOR) + 10):
        await step(lab)

    assert lab.condition("Stalled")["reason"] == Reason.NOT_ANSWERED
    assert lab.status().get("phase", "Pending") == "Pending"


async def test_a_hiccup_is_not_told_and_what_was_told_is_taken_back():
    lab = await begun()
    silence(lab, "list", lambda kind, *_: kind is Kind.POD, error=UnavailableError)
    for _ in range(int(UNANSWERED_SHOWN)):
        await step(lab)
    assert lab.condition("Stalled").get("status") != "True"
    await told(lab)
    del lab.cluster.list
    await step(lab)

    assert lab.condition("Stalled")["status"] == "False"
    assert (await lab.run())["phase"] == "Succeeded"


async def test_an_operator_without_its_lease_tells_nothing_and_ends_nobody():
    lab = await begun()
    silence(lab, "create", lambda *_: True, error=NotTheWriterError)
    for _ in range(int(UNANSWERED_FOR) + 10):
        await step(lab)
    del lab.cluster.create

    assert lab.condition("Stalled").get("status") != "True"
    assert (await lab.run())["phase"] == "Succeeded"
