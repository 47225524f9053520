"""Tests 7 and 8: an experiment or its namespace is deleted, whenever and however."""

import asyncio

import pytest

from tests.reliability.site import SIX_TRIALS, Json, RefusedError, Site, eventually

TWO_TRIALS: Json = SIX_TRIALS | {"replicates": 1}
TRIES = 5  # Analyzing takes a few milliseconds
POLICIES = ("Background", "Foreground", "Orphan")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("phase", ["Pending", "Preparing", "Running", "Analyzing", "Succeeded"])
@pytest.mark.reliability
async def test_deleted_in_any_phase_nothing_stays(site: Site, measured, phase, policy):
    await delete_and_look(site, measured, phase, policy)


@pytest.mark.integration
async def test_orphans_of_a_run_do_not_hold_up_the_next_of_its_name(site: Site, measured):
    await delete_and_look(site, measured, "Running", "Orphan")


async def delete_and_look(site: Site, measured, phase: str, policy: str) -> None:
    """Delete an experiment in a phase; then one of the same name has to run as if it were new."""
    spec = TWO_TRIALS | ({"suspend": True} if phase == "Pending" else {})
    await reach(site, phase, spec)
    uid = (await site.experiment("gone"))["metadata"]["uid"]
    began = asyncio.get_running_loop().time()
    await site.delete("gone", policy)
    await eventually(lambda: is_gone(site), 30, "the experiment is gone")
    kept = await site.leftovers(uid) if policy == "Orphan" else []
    if policy != "Orphan":

        async def clean() -> bool:
            return not await site.leftovers(uid) and not await trials_of(site, uid)

        # What a finished one owned is left to Kubernetes' own collector, which looks for kinds that
        # are new to it every 30 s: here all are.
        await eventually(clean, 60, "nothing that it owned is left")
    took = asyncio.get_running_loop().time() - began
    orphans = f"; {len(kept)} orphans, as asked" if kept else ""
    await site.submit("gone", TWO_TRIALS)
    again = await site.finished("gone", 120)

    measured(7, f"{phase}, {policy}: clean after {took:.1f} s{orphans}; the next of its name ran")
    assert again["phase"] == "Succeeded"


async def reach(site: Site, phase: str, spec: Json) -> None:
    """Bring one into a phase; one that left it between two looks is tried anew."""
    for _ in range(TRIES):
        await site.submit("gone", spec)
        seen = await eventually(lambda: phase_if(site, {phase, "Succeeded"}), 90, phase, every=0.01)
        if seen == phase:
            return
        await site.delete("gone", "Foreground")
        await eventually(lambda: is_gone(site), 30, "the experiment is gone")
    pytest.fail(f"{phase} was never seen in {TRIES} experiments")


async def phase_if(site: Site, wanted: set[str]) -> str:
    """The phase it is in, if it is one of the wanted; Pending also before a status is written."""
    phase = (await site.status("gone")).get("phase") or "Pending"
    return phase if phase in wanted else ""


async def trials_of(site: Site, uid: str) -> list[str]:
    """The LoadTrials of an experiment; orphans of a former one of its name stay, as asked."""
    return [
        trial["metadata"]["name"]
        for trial in await site.trials("gone")
        if uid in [owner["uid"] for owner in trial["metadata"].get("ownerReferences", ())]
    ]


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(1, marks=pytest.mark.integration, id="short"),
        pytest.param(10, marks=pytest.mark.reliability, id="long"),
    ],
)
async def test_a_namespace_goes_without_the_operator(site: Site, measured, times):
    took = []
    for number in range(times):
        name = f"gone-{number}"
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        await site.ask("POST", "/api/v1/namespaces", body)
        await site.submit("one", namespace=name)
        await eventually(lambda: has_trials(site, name), 60, "a trial")  # noqa: B023
        site.operator.kill()
        began = asyncio.get_running_loop().time()
        await site.ask("DELETE", f"/api/v1/namespaces/{name}", {})

        await eventually(lambda: is_no_namespace(site, name), 60, f"{name} is gone")  # noqa: B023

        took.append(asyncio.get_running_loop().time() - began)
        site.operator.start()

    measured(8, f"{times} of {times} gone, at most {max(took):.1f} s")
    assert max(took) <= 60


async def has_trials(site: Site, namespace: str) -> bool:
    return bool(await site.trials("one", namespace=namespace))


async def is_gone(site: Site) -> bool:
    try:
        await site.experiment("gone")
    except RefusedError as error:
        return ": 404" in str(error)
    return False


async def is_no_namespace(site: Site, name: str) -> bool:
    try:
        await site.ask("GET", f"/api/v1/namespaces/{name}")
    except RefusedError as error:
        return ": 404" in str(error)
    return False
