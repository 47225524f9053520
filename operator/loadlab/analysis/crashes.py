"""What a trial says by the attempts in which its service ended by itself under the load.

Such an attempt is repeated, and what comes after it may hold: that takes back nothing of it.
"""

from collections.abc import Sequence

from loadlab.base.text import fit
from loadlab.model.status import LoadTrialStatus, StepOutcome, TrialPhase, TrialStep
from loadlab.model.status.conditions import Reason

LONGEST_STEP = 200  # characters of what a step says of its rate


def crashes_of(status: LoadTrialStatus) -> Sequence[str]:
    """Return how the attempts ended in which the service ended by itself, in their order."""
    said = [it.message for it in status.former_attempts if it.reason == Reason.SERVICE_CRASHED]
    if status.phase is TrialPhase.LOST and status.reason == Reason.SERVICE_CRASHED:
        said.append(status.message)
    return said


def told_of_crashes(crashes: Sequence[str], attempts: int, longest: int) -> str:
    """Say in how many attempts the service ended by itself, and how the last time."""
    return fit(f"in {len(crashes)} of {attempts} attempts {crashes[-1]}", longest)


def step_of_crash(status: LoadTrialStatus) -> TrialStep | None:
    """Return that a rate failed, as the service ended by itself under it; None where it did not.

    What limited it nobody knows: its attempt has no figures, and those of another are of a service
    that went on.
    """
    if not (crashes := crashes_of(status)):
        return None
    told = told_of_crashes(crashes, status.attempt, LONGEST_STEP)
    return TrialStep(outcome=StepOutcome.FAILED, reason=told)
