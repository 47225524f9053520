"""An image whose tag is moved while trials run: by its digest it is told which one ran."""

from collections.abc import Callable
from typing import Any

import pytest

from loadlab.kube.api import Manifest
from tests.reconcile.laboratory import Laboratory

OWN: dict[str, Any] = {
    "workload": "custom",
    "variants": [{"name": "mine", "image": "mine:1"}],
    "factors": {"virtualUsers": [10]},
    "replicates": 2,
    "load": {"duration": "5s", "warmup": "1s", "settling": "0s", "request": {"path": "/"}},
}


def run_by_digest(lab: Laboratory, digest: Callable[[], str]) -> None:
    """The node says which image a service's container runs."""

    def serving(pod: Manifest) -> Manifest | None:
        if pod["metadata"]["labels"].get("loadlab.dev/component") != "service":
            return None
        running = {"ready": True, "state": {"running": {}}, "imageID": digest()}
        ready = {"type": "Ready", "status": "True"}
        return {"phase": "Running", "conditions": [ready], "containerStatuses": [running]}

    lab.cluster.fault_of = serving


@pytest.mark.parametrize(
    ("former", "later", "reason"),
    [
        ("x@sha256:aa", "x@sha256:bb", "InputsChanged"),
        ("sha256:aa", "sha256:bb", "InputsChanged"),
        ("x@sha256:aa", "x@sha256:aa", ""),
        ("x@sha256:aa", "sha256:bb", ""),  # of a node that was handed it: nobody knows
        ("x@sha256:aa", "x:1", ""),
    ],
)
async def test_an_image_whose_tag_was_moved_between_trials_ends_the_experiment(
    former, later, reason
):
    lab = Laboratory()
    run_by_digest(lab, lambda: former if len(lab.trials()) < 2 else later)
    lab.submit(**OWN)

    status = await lab.run()

    failed = next(c for c in status["conditions"] if c["type"] == "Failed")
    assert (failed["reason"] if failed["status"] == "True" else "") == reason
    if reason:
        assert "another one since trial exp-" in failed["message"]
        assert "bb, and was aa" in failed["message"]
