"""Lists that are one behind: an API server may answer from before what was written last."""

from itertools import count

import pytest

from loadlab.kube.api import Kind, Labels, Manifest
from tests.manifests import Json
from tests.reconcile.laboratory import Laboratory

TWO: Json = {"replicates": 2, "variants": [{"name": "sync"}]}


def one_behind(lab: Laboratory, every: int, first: int) -> None:
    """Let every n-th pass see, of all kinds, what the pass before it saw."""
    fresh, former, turn = lab.cluster.list, dict[Kind, list[Manifest]](), count(-first)
    stale = False

    async def answer(kind: Kind, namespace: str | None, labels: Labels) -> list[Manifest]:
        nonlocal stale
        if kind is Kind.POD:  # the first of a pass
            stale = next(turn) % every == 0
        found = await fresh(kind, namespace, labels)
        before = former.get(kind, [])
        former[kind] = found
        return before if stale else found

    lab.cluster.list = answer  # type: ignore[method-assign]


@pytest.mark.parametrize("first", range(3))
async def test_what_was_made_a_moment_ago_is_not_taken_for_deleted(first: int):
    """ "The k6 Job is gone; was it deleted by hand?", and the load was sent once more."""
    lab = Laboratory()
    lab.forgetful = False  # else no pass knows what the one before it made
    one_behind(lab, 3, first)
    lab.submit(**TWO)

    status = await lab.run()

    assert status["phase"] == "Succeeded", [status["conditions"], lab.trials()]
    trials = [trial["status"] for trial in lab.trials().values()]
    assert [trial["formerAttempts"] for trial in trials] == [[], []]
