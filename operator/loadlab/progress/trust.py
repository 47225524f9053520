"""Whether comparisons can be trusted: by what the control cell differs by from itself."""

from collections.abc import Mapping

from loadlab.analysis.noise_floor import Finding, judge_floor
from loadlab.model.status import LoadExperimentStatus
from loadlab.model.status.conditions import ConditionType, Reason, Truth
from loadlab.progress.conditions import Transition

_OUTCOMES: Mapping[Finding, tuple[Truth, Reason, str]] = {
    Finding.LOW: (Truth.TRUE, Reason.NOISE_FLOOR_LOW, ""),
    Finding.HIGH: (
        Truth.FALSE,
        Reason.NOISE_FLOOR_HIGH,
        (
            "it is not shown to lie within 5 %, and smaller differences than its interval are not "
            "seen: raise spec.replicates or load.duration, or use nodes with less other work"
        ),
    ),
    Finding.DIFFERS: (
        Truth.FALSE,
        Reason.SAME_CELL_DIFFERS,
        (
            "chance does not explain it, and other comparisons may be off by as much: use "
            "order.strategy Interleaved, a longer load.warmup and nodes with less other work"
        ),
    ),
    Finding.UNKNOWN: (
        Truth.UNKNOWN,
        Reason.NOISE_FLOOR_UNKNOWN,
        (
            "fewer than three replicates of both came to a result: raise spec.replicates, or see "
            "the LoadTrials of the role ControlAgain and of the first cell"
        ),
    ),
}


def with_trust(
    status: LoadExperimentStatus, transition: Transition, no_turns: str = ""
) -> LoadExperimentStatus:
    """Return the status with the condition Trustworthy, where the noise floor was looked for.

    `no_turns` says that the cells did not take turns: then nothing makes comparisons trustworthy.
    """
    if not status.noise_floor:
        return status
    finding, figures = judge_floor(status.noise_floor)
    truth, reason, remedy = _OUTCOMES[finding]
    if no_turns and truth is Truth.TRUE:
        truth, reason, _ = _OUTCOMES[Finding.UNKNOWN]
        remedy = f"{no_turns}: leave order.strategy out"
    message = f"the same cell twice: {figures}; {remedy}" if remedy else ""
    return transition.set(status, ConditionType.TRUSTWORTHY, truth, reason=reason, message=message)
