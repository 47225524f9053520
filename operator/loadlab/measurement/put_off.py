"""What a queue put off while measuring: of the writes that were accepted, those not yet written.

What is accepted beyond what the workers write waits for later: it is a burst, and no rate that can
be kept.
"""

from dataclasses import dataclass

from loadlab.base.names import Component
from loadlab.measurement.values import TrialMeasurement


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """Writes between the two snapshots of a trial: those accepted, and those written by workers."""

    accepted: float
    written: float
    seconds: float

    @property
    def behind(self) -> float:
        """By how much the workers fell behind, as a share of what was accepted, 0..1."""
        return max(0.0, 1 - self.written / self.accepted)

    @property
    def words(self) -> str:
        """Both rates."""
        written, accepted = self.written / self.seconds, self.accepted / self.seconds
        return f"the worker wrote {written:.0f}/s of {accepted:.0f}/s accepted"


def put_off(trial: TrialMeasurement) -> PutOff | None:
    """Return what was accepted and written; None without a worker, or where either is unknown."""
    counts, expected, work = trial.counts, trial.expected, trial.work
    is_seen = Component.WORKER in trial.components
    if counts is None or expected is None or work is None or not is_seen:
        return None
    accepted = counts.load * (1 - trial.failed_rate) * expected.write_share
    if work.persisted is None or not (accepted and counts.seconds):
        return None
    return PutOff(accepted=accepted, written=work.persisted, seconds=counts.seconds)
