"""The condition Trustworthy follows what the control cell differs by from itself."""

import pytest

from loadlab.model.status import LoadExperimentStatus, NoiseFloor, find
from loadlab.model.status.conditions import ConditionType
from loadlab.progress.conditions import Transition
from loadlab.progress.trust import with_trust


@pytest.mark.parametrize(
    ("ratio", "p", "expected"),
    [
        (1.01, 0.4, ("True", "NoiseFloorLow", "")),
        (1.01, None, ("Unknown", "NoiseFloorUnknown", "fewer than three replicates")),
        (1.08, 0.4, ("False", "NoiseFloorHigh", "raise spec.replicates or load.duration")),
        (1.08, 0.01, ("False", "SameCellDiffers", "use order.strategy Interleaved")),
        (None, None, ("Unknown", "NoiseFloorUnknown", "LoadTrials of the role ControlAgain")),
    ],
)
def test_the_condition_says_why_and_what_to_do(ratio, p, expected):
    within = ratio == 1.01 and p is not None
    floor = NoiseFloor(figure="p95Ms", ratio=ratio, blocks=5, p=p, within_margin=within)

    status = with_trust(LoadExperimentStatus(noise_floor=(floor,)), Transition(1, 0.0))

    found = find(status.conditions, ConditionType.TRUSTWORTHY)
    truth, reason, remedy = expected
    assert found is not None
    assert (found.status, found.reason) == (truth, reason)
    assert remedy in found.message
    assert ("p95" in found.message) is (truth != "True")


def test_without_a_noise_floor_nothing_is_said():
    status = with_trust(LoadExperimentStatus(), Transition(1, 0.0))

    assert find(status.conditions, ConditionType.TRUSTWORTHY) is None
