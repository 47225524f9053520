"""What was decided about one state of an object is never written over another."""

from itertools import count
from typing import Any

import pytest

from loadlab.kube.api import Kind, Manifest, Version
from loadlab.kube.errors import ConflictError, UnavailableError
from loadlab.kube.rewrite import TIMES
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


async def test_a_status_is_written_over_a_change_that_decides_nothing(monkeypatch):
    """Two controllers that fight over an annotation held the queue for as long as they did."""
    lab = Laboratory()
    lab.submit()
    write, changed = lab.cluster.patch_status, count()

    async def while_another_annotates(kind: Kind, *rest: Any) -> Version:
        if kind is Kind.EXPERIMENT and (number := next(changed)) % 3:
            lab.experiment()["metadata"]["resourceVersion"] = f"of-another-{number}"
        return await write(kind, *rest)

    monkeypatch.setattr(lab.cluster, "patch_status", while_another_annotates)

    assert (await lab.run())["phase"] == "Succeeded"


async def test_one_that_changes_faster_than_it_is_written_is_tried_again_later(monkeypatch):
    lab = Laboratory()
    lab.submit()
    tried, changed = list[str](), count()

    async def always_later(kind: Kind, *rest: Any) -> Version:
        tried.append(kind.name)
        lab.experiment()["metadata"]["resourceVersion"] = f"of-another-{next(changed)}"
        raise ConflictError("409")

    monkeypatch.setattr(lab.cluster, "patch_status", always_later)

    with pytest.raises(ConflictError):
        await lab.reconcile()
    assert len(tried) == TIMES


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
