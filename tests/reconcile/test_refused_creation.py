"""What the API server does not create is said at once, and ends what waits for it in its time."""

import asyncio

import pytest

from loadlab.base.names import COMPONENT_LABEL
from loadlab.kube.api import Manifest
from loadlab.kube.errors import MalformedError, RefusedError
from tests.reconcile.laboratory import CHILD, Laboratory

QUOTA = "exceeded quota: small, requested: count/jobs.batch=1, used: 0, limited: 0"
LIMIT = "minimum cpu usage per Container is 500m, but request is 100m"
WEBHOOK = 'admission webhook "no.example" denied the request: not on Fridays'
REFUSALS = {
    "quota": (RefusedError(f'POST x: 403 jobs "x" is forbidden: {QUOTA}'), "QuotaExceeded", QUOTA),
    "webhook": (RefusedError(f"POST x: 403 {WEBHOOK}"), "AdmissionDenied", WEBHOOK),
    "a webhook's own code": (MalformedError(f"POST x: 422 {WEBHOOK}"), "AdmissionDenied", WEBHOOK),
    "broken webhook": (
        RefusedError("POST x: 500 Internal error occurred: failed calling webhook: refused"),
        "AdmissionDenied",
        "failed calling webhook",
    ),
    "right": (RefusedError("POST x: 403 jobs is forbidden: User x"), "CreationRefused", "User x"),
}
OWN = [("Secret", "-credentials"), ("StatefulSet", "-postgres"), ("Job", "-dataset")]
OF_A_RUN = [
    *(("LoadTrial", "-001"), ("Service", "-001-a1")),
    *(("Deployment", "-001-a1"), ("Job", "-001-a1-k6")),
]
TIMEOUTS = {"prepare": "20s", "ready": "20s"}


def refuse(lab: Laboratory, kind: str, suffix: str, error: RefusedError) -> None:
    def refusal_of(manifest: Manifest) -> RefusedError | None:
        name = manifest["metadata"].get("name") or ""
        return error if manifest["kind"] == kind and name.endswith(suffix) else None

    lab.cluster.refusal_of = refusal_of


async def until_stalled(lab: Laboratory, steps: int = 30) -> Manifest:
    for _ in range(steps):
        await lab.step()
        if lab.condition("Stalled").get("status") == "True":
            return lab.condition("Stalled")
    raise AssertionError("nothing is shown")


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize(("kind", "suffix"), [*OWN, *OF_A_RUN])
async def test_a_refused_child_is_named_and_ends_the_experiment_in_time(kind, suffix, refusal):
    error, reason, sentence = REFUSALS[refusal]
    lab = Laboratory()
    lab.submit(timeouts=TIMEOUTS)
    lab.submit("next", replicates=1)
    refuse(lab, kind, suffix, error)

    stalled = await until_stalled(lab)
    began = lab.now
    assert stalled["reason"] == reason
    assert sentence in stalled["message"]
    assert kind in stalled["message"]
    status = await lab.run()

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", reason)
    assert sentence in failed["message"]
    assert lab.now - began < 30
    assert lab.leftovers() == set()
    lab.cluster.refusal_of = lambda _: None
    assert (await lab.run("next"))["phase"] == "Succeeded"


async def test_a_trial_that_cannot_be_started_says_why():
    lab = Laboratory()
    lab.submit(timeouts=TIMEOUTS)
    refuse(lab, "Job", "-k6", REFUSALS["quota"][0])

    await lab.run()

    trial = lab.trials()[f"{CHILD}-001"]["status"]
    assert (trial["phase"], trial["reason"]) == ("Failed", "QuotaExceeded")
    assert QUOTA in trial["message"]


@pytest.mark.parametrize(("kind", "suffix"), [*OWN, *OF_A_RUN])
async def test_what_is_created_in_the_end_is_no_failure(kind, suffix):
    lab = Laboratory()
    lab.submit(replicates=1)
    refuse(lab, kind, suffix, REFUSALS["quota"][0])
    await until_stalled(lab)

    lab.cluster.refusal_of = lambda _: None
    await lab.step()

    assert lab.condition("Stalled")["status"] == "False"
    assert (await lab.run())["phase"] == "Succeeded"


async def test_a_sentence_with_other_figures_only_is_not_written_again():
    lab = Laboratory()
    lab.submit()
    refuse(lab, "Job", "-k6", RefusedError("POST x: 403 exceeded quota: a, used: 1"))
    await until_stalled(lab)
    refuse(lab, "Job", "-k6", RefusedError("POST x: 403 exceeded quota: a, used: 2"))
    calls = len(lab.cluster.calls)
    await lab.reconcile()
    assert "patch_status EXPERIMENT exp" not in lab.cluster.calls[calls:]

    refuse(lab, "Job", "-k6", RefusedError("POST x: 403 exceeded quota: b, used: 2"))
    await lab.reconcile()
    assert "quota: b" in lab.condition("Stalled")["message"]


@pytest.mark.parametrize("component", ["postgres", "dataset", "steward", "service", "k6"])
@pytest.mark.parametrize(("said", "reason"), [(QUOTA, "QuotaExceeded"), (LIMIT, "AdmissionDenied")])
async def test_a_refused_pod_is_named_and_ends_the_experiment_in_time(component, said, reason):
    lab = Laboratory()
    lab.submit(timeouts=TIMEOUTS)
    lab.cluster.pod_refusal_of = lambda owner: (
        f'pods "x-1b2c3" is forbidden: {said}'
        if owner["metadata"]["labels"][COMPONENT_LABEL] == component
        else ""
    )

    stalled = await until_stalled(lab)
    assert (stalled["reason"], said in stalled["message"]) == (reason, True)
    assert f"the {component} pod cannot be created" in stalled["message"]
    assert "1b2c3" not in stalled["message"]
    began = lab.now
    status = await lab.run()

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", reason)
    assert said in failed["message"]
    assert lab.now - began < 30
    assert lab.leftovers() == set()


async def test_the_events_of_a_job_without_pods_are_looked_at_again_soon():
    lab = Laboratory()
    lab.submit()
    lab.cluster.pod_refusal_of = lambda _: f'pods "x" is forbidden: {QUOTA}'
    await lab.reconcile()
    await lab.reconcile()

    assert await lab.reconcile() == 1
    assert lab.condition("Stalled") == {}  # its controller has not come to it yet
    lab.cluster.tick()
    await lab.reconcile()
    assert lab.condition("Stalled")["reason"] == "QuotaExceeded"


def refused_run(crash_at: int | None = None) -> Laboratory:
    """An experiment whose first generator is never admitted, until it is over."""
    lab = Laboratory()
    lab.submit(timeouts={"prepare": "10s", "ready": "5s"})
    refuse(lab, "Job", "-k6", REFUSALS["quota"][0])
    lab.cluster.crash_at, lab.cluster.crash_after_effect = crash_at, True
    asyncio.run(lab.run())
    return lab


def ending_of(lab: Laboratory) -> Manifest:
    failed, trial = lab.condition("Failed"), lab.trials()[f"{CHILD}-001"]["status"]
    return {
        "phase": lab.status()["phase"],
        "said": (failed["reason"], failed["message"]),
        "trial": (trial["phase"], trial["reason"], trial["message"]),
        "leftovers": lab.leftovers(),
    }


def test_an_operator_that_dies_after_any_write_comes_to_the_same_ending():
    calm = refused_run()
    writes = ("create", "patch_status", "delete")
    made = [call for call in calm.cluster.calls if not call.endswith("-k6")]  # it had no effect
    calls = [n for n, c in enumerate(calm.cluster.calls) if c in made and c.startswith(writes)]

    for call in calls:
        lab = refused_run(crash_at=call)
        assert lab.cluster.crash_at is None
        assert ending_of(lab) == ending_of(calm), calm.cluster.calls[call]
