"""Events are asked for of pods that wait for a volume, and of few however many there are."""

from typing import cast

import pytest

from loadlab.kube.api import Cluster, Manifest
from loadlab.kube.errors import RefusedError
from loadlab.kube.hints import NO_HINTS
from loadlab.kube.unmounted import MOST_ASKED, view_pods

SECRET: Manifest = {"name": "tls", "secret": {"secretName": "shop-tls"}}
CREATING: Manifest = {"waiting": {"reason": "ContainerCreating"}}


class Events:
    """Has an event for everybody, and notes who is asked for."""

    def __init__(self, error: RefusedError | None = None) -> None:
        self.asked: list[str] = []
        self.error = error

    async def why_not_mounted(self, namespace: str, uid: str) -> tuple[str, ...]:
        assert namespace == "lab"
        self.asked.append(uid)
        if self.error:
            raise self.error
        return (f"of {uid}",)


def pod(uid: str = "u", state: Manifest = CREATING, **spec: object) -> Manifest:
    labels = {"loadlab.dev/component": "service", "loadlab.dev/run": "r"}
    told = {"containers": [{"name": "service"}], "nodeName": "n", "volumes": [SECRET]}
    return {
        "metadata": {"name": uid, "namespace": "lab", "uid": uid, "labels": labels},
        "spec": told | spec,
        "status": {
            "phase": "Pending",
            "containerStatuses": [{"name": "service", "state": state}],
        },
    }


async def seen(*pods: Manifest, error: RefusedError | None = None) -> tuple[Events, list[object]]:
    events = Events(error)
    views = await view_pods(cast("Cluster", events), "lab", pods, NO_HINTS)
    return events, [view.unmounted for view in views]


async def test_a_pod_that_waits_for_a_volume_has_what_its_events_say():
    events, said = await seen(pod())

    assert (events.asked, said) == (["u"], [("of u",)])


async def test_so_has_one_in_which_another_container_is_to_run_first():
    """The kubelet calls that otherwise, be it our container or one that admission added."""
    initializing = {"waiting": {"reason": "PodInitializing"}}
    waits = pod(state=initializing, initContainers=[{"name": "mesh"}])
    runs = pod("v", initializing, initContainers=[{"name": "mesh"}])
    for each, state in ((waits, initializing), (runs, {"running": {}})):
        each["status"]["initContainerStatuses"] = [{"name": "mesh", "state": state}]

    events, said = await seen(waits, runs)

    assert (events.asked, said) == (["u"], [("of u",), ()])


@pytest.mark.parametrize(
    "other",
    [
        pod(state={"running": {}}),
        pod(state={"waiting": {"reason": "ImagePullBackOff"}}),
        pod(nodeName=""),
        pod(volumes=[{"name": "tmp", "emptyDir": {}}]),
    ],
    ids=["runs", "waits for its image", "has no node", "mounts nothing"],
)
async def test_of_others_nobody_asks(other):
    events, said = await seen(other)

    assert (events.asked, said) == ([], [()])


async def test_few_are_asked_about_however_many_there_are():
    events, said = await seen(*(pod(f"u{n}") for n in range(3 * MOST_ASKED)))

    assert len(events.asked) == MOST_ASKED
    assert len(said) == 3 * MOST_ASKED


async def test_where_events_may_not_be_read_nothing_is_known():
    _, said = await seen(pod(), error=RefusedError("GET events: 403"))

    assert said == [()]
