"""Why pods are lacking is asked of few makers: whoever may create Jobs may make thousands."""

from typing import cast

from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.refused_pods import MOST_ASKED, find_lacking_pods


class Events:
    """Has an event for everybody, and counts who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def why_no_pod(self, namespace: str, uid: str) -> str:
        self.asked.append(uid)
        return f"no pod for {uid}"


def job(uid: str) -> Manifest:
    return {"metadata": {"name": uid, "namespace": "lab", "uid": uid}, "spec": {}}


async def ask(count: int) -> Events:
    events = Events()
    children = {Kind.POD: [], Kind.JOB: [job(f"j{n}") for n in range(count)], Kind.STATEFUL_SET: []}

    found = await find_lacking_pods(cast("Cluster", events), children)

    assert found.of(job("j0")) == "no pod for j0"
    return events


async def test_few_are_asked_about_however_many_there_are():
    assert len((await ask(3)).asked) == 3
    assert len((await ask(3_000)).asked) == MOST_ASKED
