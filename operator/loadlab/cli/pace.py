"""How much longer an experiment takes, by the trials that ended while somebody looked."""

from loadlab.model.status import TrialCounts
from loadlab.spelling import seconds as spell_seconds


class Pace:
    """Told how many trials are over, and when; says what is left once two of them were seen to end.

    Trials of one experiment are alike: the mean time from end to end is what the next ones take.
    The time before the first end is left out: it was under way for nobody knows how long.
    """

    def __init__(self) -> None:
        self._over: int | None = None
        self._first: tuple[int, float] | None = None  # trials over at the first end, and when
        self._latest = 0.0

    def told(self, trials: TrialCounts, now: float) -> str:
        """Return words such as `about 3 min 40 s left`; nothing where nobody knows, or none is.

        Args:
            trials: the counts of the status.
            now: seconds, of a clock that never goes back.
        """
        over = trials.succeeded + trials.invalid + trials.failed + trials.lost
        if self._over is not None and over > self._over:
            self._latest = now
            self._first = self._first or (over, now)
        self._over = over
        left = trials.planned - over
        if self._first is None or over <= self._first[0] or left <= 0:
            return ""
        each = (self._latest - self._first[1]) / (over - self._first[0])
        return f"about {spell_seconds(max(each * left - (now - self._latest), 1.0))} left"
