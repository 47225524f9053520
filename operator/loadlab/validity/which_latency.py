"""Which latency a generator tells: one of its own is said, and one that mixes is in doubt."""

from collections.abc import Iterator

from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.judgement import Reason, ReasonKind, remark, suspect


def which_latency(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say what a latency is that is not k6's, and whether failed answers are in it."""
    program = trial.program
    if program is None or not program.latency:
        return
    yield remark(ReasonKind.OTHER_LATENCY, f"latencies are {program.name}'s: {program.latency}")
    answered = sum(number for name, number in trial.status.items() if name[0].isdigit())
    good = trial.requests - trial.failed
    if program.latency_mixes_failures and answered > good:
        yield suspect(
            ReasonKind.FAILURES_IN_LATENCY,
            f"{(answered - good) / answered:.1%} of the latencies are those of failed answers, "
            f"which {program.name} does not tell from the others: use one that does",
        )
