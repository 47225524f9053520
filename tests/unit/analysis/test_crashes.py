"""A service that ended by itself in an attempt is not one that passed at the second."""

from typing import Any

import pytest

from loadlab.analysis.crashes import with_crashes
from loadlab.model.resources import Trial
from loadlab.model.status import Validity
from tests.unit.analysis.test_summary import plan_of
from tests.unit.analysis.test_verdict import row

SAID = "the service restarted during the run: exit code 3"


def trials(of: str, *reasons: str, last: str = "Succeeded") -> list[Trial]:
    """A trial of each replicate; the first one with former attempts that came to nothing."""
    plan = plan_of()
    former = [{"attempt": n, "reason": why, "message": SAID} for n, why in enumerate(reasons, 1)]
    states: dict[bool, dict[str, Any]] = {
        True: {"phase": last, "attempt": len(former) + 1, "formerAttempts": former},
        False: {"phase": "Succeeded", "attempt": 1},
    }
    if last == "Lost":
        states[True] |= {"reason": "ServiceCrashed", "message": SAID}
    of_variant = [each for each in plan.trials if each.cell.variant == of]
    return [
        Trial.model_validate(plan.trial_manifest(it) | {"status": states[it.replicate == 1]})
        for it in of_variant
    ]


def cell(of: str, level: Validity = Validity.VALID) -> Any:
    (arm, *_) = [each.cell for each in plan_of().trials if each.cell.variant == of]
    return row(level=level).model_copy(update={"cell": arm, "reasons": ("TooFewSamples: …",)})


def test_a_crash_is_told_first_and_makes_the_row_suspect() -> None:
    rows = [cell("sync"), cell("async")]

    crashed, other = with_crashes(rows, trials("sync", "ServiceCrashed"))

    assert (crashed.crashes, crashed.validity) == (1, Validity.SUSPECT)
    assert crashed.reasons == (f"ServiceCrashed: in 1 of 4 attempts {SAID}", "TooFewSamples: …")
    assert other == rows[1]


@pytest.mark.parametrize("reason", ["ServiceRestarted", "StoreRestarted", "ForeignCpu"])
def test_what_others_did_is_no_crash(reason: str) -> None:
    rows = [cell("sync")]

    assert with_crashes(rows, trials("sync", reason)) == tuple(rows)


def test_the_last_attempt_counts_as_well_and_an_invalid_row_stays_invalid() -> None:
    (found,) = with_crashes(
        [cell("sync", Validity.INVALID)], trials("sync", "ServiceCrashed", last="Lost")
    )

    assert (found.crashes, found.validity) == (2, Validity.INVALID)
    assert found.reasons[0].startswith("ServiceCrashed: in 2 of 4 attempts")
