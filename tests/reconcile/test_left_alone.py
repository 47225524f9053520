"""An experiment of which each write holds up the API server: nothing is written to it."""

from loadlab.controller.unwritten import AHEAD_FOR, RUNS_FOR
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.errors import UnavailableError
from loadlab.kube.managed import MOST_PATHS
from tests.reconcile.laboratory import Laboratory
from tests.reconcile.stuck import passes, remembering, set_aside


def fattened(lab: Laboratory, paths: int = MOST_PATHS) -> None:
    """One entry of made-up managedFields, as whoever may create an experiment can give it."""
    made_up: dict[str, Manifest] = {f"f:{number}": {} for number in range(paths)}
    fields = {"f:metadata": {"f:annotations": made_up}}
    stored = lab.experiment("stuck")
    stored["metadata"]["managedFields"] = [{"manager": "x", "fieldsV1": fields}]


def writes(lab: Laboratory) -> list[str]:
    return [call for call in lab.cluster.calls if not call.startswith(("get ", "list "))]


async def test_nothing_is_written_to_one_of_which_a_write_holds_up_the_api_server():
    """105,000 paths in one entry: each write took 36 s, in which no other experiment got on."""
    lab = remembering()
    fattened(lab)
    lab.submit("next", replicates=1)
    await passes(lab, AHEAD_FOR + 1)
    assert [call.split()[:2] for call in writes(lab)] == [["create", "EVENT"]]
    assert "without managedFields" in str(lab.cluster.events)

    await lab.reconcile("next", set_aside(lab))

    assert lab.status("next")["phase"] == "Preparing"
    assert lab.status("stuck") == {}


async def test_one_that_is_made_so_in_mid_run_is_cleared_away_and_not_written():
    lab = remembering()
    while lab.status("stuck").get("phase") != "Running":
        await lab.step("stuck")
    await lab.step("stuck")
    fattened(lab)
    assert lab.cluster.of_kind(Kind.POD)

    await passes(lab, RUNS_FOR + 5)

    assert lab.cluster.of_kind(Kind.POD) == {}
    assert lab.status("stuck")["phase"] == "Running"
    assert set_aside(lab).set_aside == {"uid-stuck"}


async def test_what_honest_managers_own_is_written():
    lab = remembering()
    fattened(lab, MOST_PATHS // 2)

    assert (await lab.run("stuck"))["phase"] == "Succeeded"


async def test_one_that_is_left_alone_is_set_aside_also_where_its_event_is_not_taken(monkeypatch):
    """The API server is held up, by that very object."""
    lab = remembering()
    fattened(lab)

    async def held_up(manifest: Manifest) -> Manifest | None:
        raise UnavailableError(f"POST {manifest['kind']}: TimeoutError")

    monkeypatch.setattr(lab.cluster, "create", held_up)
    await passes(lab, AHEAD_FOR + 1)

    assert set_aside(lab).set_aside == {"uid-stuck"}
