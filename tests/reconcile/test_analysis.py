"""An analysis that takes long is done in slices, one a pass, and each trial is read once."""

import pytest

from loadlab.controller import analyses
from loadlab.kube.api import Kind
from loadlab.kube.errors import UnavailableError
from tests.reconcile.laboratory import Laboratory


async def at_its_analysis() -> Laboratory:
    """An experiment of which nothing is left that runs."""
    lab = Laboratory(forgetful=False)
    lab.submit()
    while lab.status().get("phase") != "Analyzing" or lab.leftovers():
        await lab.step()
    return lab


def trials_read(lab: Laboratory) -> list[str]:
    there = {f"get TRIAL {name}" for name in lab.trials()}
    return [call for call in lab.cluster.calls if call in there]


@pytest.fixture
def one_cell_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyses, "SLICE", -1.0)


@pytest.mark.usefixtures("one_cell_a_pass")
async def test_cells_are_analysed_one_a_pass_and_none_twice():
    lab = await at_its_analysis()
    lab.cluster.calls.clear()

    assert await lab.reconcile() == 0
    assert lab.status()["phase"] == "Analyzing"
    assert len(trials_read(lab)) == 2

    await lab.reconcile()
    assert lab.status()["phase"] == "Succeeded"
    assert len(lab.status()["results"]) == 2
    assert len(set(trials_read(lab))) == len(trials_read(lab)) == 4


async def test_after_a_trial_that_could_not_be_read_now_the_analysis_goes_on(monkeypatch):
    lab = await at_its_analysis()
    get = lab.cluster.get
    refused: list[str] = []

    async def refuse_once(kind, namespace, name):
        if kind is Kind.TRIAL and name.endswith("-002") and not refused:
            refused.append(name)
            raise UnavailableError("a test's")
        return await get(kind, namespace, name)

    monkeypatch.setattr(lab.cluster, "get", refuse_once)
    with pytest.raises(UnavailableError):
        await lab.reconcile()
    await lab.reconcile()

    assert [row["replicates"]["valid"] for row in lab.status()["results"]] == [2, 2]


async def test_a_trial_that_was_deleted_meanwhile_is_left_out(monkeypatch):
    lab = await at_its_analysis()
    (name, *_) = lab.trials()
    get = lab.cluster.get

    async def gone(kind, namespace, asked):
        return None if asked == name else await get(kind, namespace, asked)

    monkeypatch.setattr(lab.cluster, "get", gone)
    await lab.reconcile()

    assert sorted(row["replicates"]["valid"] for row in lab.status()["results"]) == [1, 2]
