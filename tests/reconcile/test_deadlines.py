"""Where nothing changes no event comes: the next pass is just after each deadline."""

import pytest

from tests.reconcile.laboratory import START, Laboratory
from tests.reconcile.test_trouble import FAULTS, fault_in

QUIET = 5.0  # seconds until a pass that no event causes
SLACK = 0.1


async def stuck(component: str, **timeouts: str) -> Laboratory:
    """An experiment that waits for a pod which never becomes ready."""
    lab = Laboratory()
    lab.submit(timeouts=timeouts, retry={"attempts": 2})
    lab.cluster.fault_of = fault_in(component, FAULTS["NeverReady"])
    for _ in range(12):
        await lab.step()
    assert not lab.is_finished()
    return lab


def started(lab: Laboratory) -> float:
    (trial,) = lab.trials().values()
    return float(trial["status"]["timings"]["started"])


async def test_a_service_that_is_not_ready_is_given_up_when_its_time_is_over():
    lab = await stuck("service", ready="30s")

    lab.now = started(lab) + 28
    assert await lab.reconcile() == pytest.approx(2, abs=SLACK)
    lab.now = started(lab) + 30.05
    assert await lab.reconcile() == 0  # the trial is given up, and the experiment ends at once
    assert await lab.reconcile() == 0
    assert lab.condition("Failed")["reason"] == "NeverReady"


async def test_far_from_a_deadline_the_watches_are_relied_upon():
    lab = await stuck("service", ready="60s")

    lab.now = started(lab) + 20

    assert await lab.reconcile() == QUIET


@pytest.mark.parametrize(
    ("timeouts", "reason"),
    [({"prepare": "30s"}, "NeverReady"), ({"total": "30s"}, "DeadlineExceeded")],
)
async def test_the_deadlines_of_the_experiment_are_looked_at_too(timeouts, reason):
    lab = await stuck("steward", **timeouts)

    lab.now = START + 29
    assert await lab.reconcile() == pytest.approx(
        1, abs=SLACK + 1
    )  # times in a status are whole seconds
    lab.now = START + 32
    assert await lab.reconcile() == 0
    assert lab.condition("Failed")["reason"] == reason
