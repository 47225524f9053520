"""What was decided about one state of an object is never written over another."""

import pytest

from loadlab.kube.api import Kind, Manifest
from loadlab.kube.errors import UnavailableError
from tests.reconcile.laboratory import Laboratory


async def test_a_status_that_another_has_written_meanwhile_is_not_overwritten(monkeypatch):
    lab = Laboratory()
    lab.submit()
    await lab.step()
    read = lab.cluster.list

    async def while_another_writes(
        kind: Kind, namespace: str | None, labels: dict[str, str]
    ) -> list[Manifest]:
        lab.experiment()["metadata"]["resourceVersion"] = "of-another"
        lab.experiment()["status"]["progress"] = "of another"
        return await read(kind, namespace, labels)

    monkeypatch.setattr(lab.cluster, "list", while_another_writes)

    with pytest.raises(UnavailableError, match="409"):
        await lab.run()

    assert lab.status()["progress"] == "of another"


async def test_a_trial_that_another_has_written_meanwhile_is_not_overwritten(monkeypatch):
    lab = Laboratory()
    lab.submit()
    logs = lab.cluster.logs

    async def while_another_writes(*about: str) -> str | None:
        (trial,) = lab.cluster.of_kind(Kind.TRIAL).values()
        trial["metadata"]["resourceVersion"] = "of-another"
        trial["status"]["message"] = "of another"
        return await logs(*about)

    monkeypatch.setattr(lab.cluster, "logs", while_another_writes)

    with pytest.raises(UnavailableError, match="409"):
        await lab.run()

    (trial,) = lab.trials().values()
    assert (trial["status"]["message"], trial["status"]["phase"]) == ("of another", "Running")
