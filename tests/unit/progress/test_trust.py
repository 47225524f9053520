"""The condition Trustworthy follows what the control cell differs by from itself."""

import pytest

from loadlab.analysis.turns import why_no_floor
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import LoadExperimentStatus, NoiseFloor, find
from loadlab.model.status.conditions import ConditionType
from loadlab.progress.conditions import Transition
from loadlab.progress.trust import with_trust

SPEC = {
    "workload": "select",
    "variants": [{"name": "sync"}, {"name": "async"}],
    "order": {"strategy": "Sequential"},
}


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


def test_of_cells_that_did_not_take_turns_nothing_makes_comparisons_trustworthy() -> None:
    """The two runs of a cell lay near each other, and the others at another time."""
    no_turns = why_no_floor(LoadExperimentSpec.model_validate(SPEC))
    floor = NoiseFloor(figure="p95Ms", ratio=1.01, blocks=5, p=0.4, within_margin=True)

    status = with_trust(LoadExperimentStatus(noise_floor=(floor,)), Transition(1, 0.0), no_turns)

    found = find(status.conditions, ConditionType.TRUSTWORTHY)
    assert found is not None
    assert (found.status, found.reason) == ("Unknown", "NoiseFloorUnknown")
    assert found.message.endswith("and the second run came last: leave order.strategy out")


def test_without_a_noise_floor_nothing_is_said():
    status = with_trust(LoadExperimentStatus(), Transition(1, 0.0))

    assert find(status.conditions, ConditionType.TRUSTWORTHY) is None
