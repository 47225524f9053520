"""Whose container was started again since all that serve a run were ready."""

from loadlab.base.names import Component
from loadlab.catalogue import Cell
from loadlab.model.resources import Metadata, Trial
from loadlab.model.status import LoadTrialStatus
from loadlab.model.status.servers import Server
from loadlab.model.trial import LoadTrialSpec
from loadlab.progress.observed import PodView, Reference
from loadlab.progress.servers import restarted

SPEC = LoadTrialSpec(experiment="exp", cell=Cell(variant="queued"), replicate=1, position=1)


def pod(component: Component, restarts: int) -> PodView:
    reference = Reference("Pod", component, f"uid-{component}")
    return PodView(
        reference=reference, component=component, run="r", phase="Running", restarts=restarts
    )


def test_one_that_was_started_again_before_all_were_ready_is_none() -> None:
    """A worker that began before its broker ends a few times at first."""
    server = Server(component="worker", pod="worker", uid="uid-worker", restarts=2)
    status = LoadTrialStatus(servers=(server,))
    trial = Trial(metadata=Metadata(name="t", namespace="lab", uid="u"), spec=SPEC, status=status)

    assert restarted(trial, [pod(Component.WORKER, 2), pod(Component.SERVICE, 0)]) == set()
    assert restarted(trial, [pod(Component.WORKER, 3)]) == {"worker"}
