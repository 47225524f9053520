"""For how long the users of a closed loop were at it.

All of them begin together, and each is at it until the iteration has ended in which the load's end
finds it: on average all of their time over the number of users. Whose request was cut off hung, and
nobody knows since when: those who hang from the start leave all the time to the others, those who
hang at the end took as much as the others. So where some were cut off it is the load, and beside it
how long after its end the others had their last answers, of which the seconds tell.
"""

from dataclasses import dataclass

from loadlab.measurement.series import Series


@dataclass(frozen=True, slots=True)
class Users:
    """How many users there were, and how many of their requests were cut off at the end."""

    all: int
    cut_off: int

    @property
    def others(self) -> int:
        """Those who were not cut off."""
        return max(1, self.all - self.cut_off)

    def were_at_it(
        self,
        iterations: int,
        iteration_seconds: float,
        *,
        ramp_seconds: float,
        loaded: tuple[float, float],
        series: Series | None,
    ) -> float:
        """Return the seconds from the first request on; of a ramp half of it is theirs.

        `iteration_seconds` is the mean of those that ended; `loaded` the begin of the load and its
        length.
        """
        begin, seconds = loaded
        busy = iterations * iteration_seconds
        least, most = (ramp_seconds / 2 + busy / users for users in (self.all, self.others))
        if self.cut_off and series is not None:
            late = self._late_seconds(begin + seconds, iteration_seconds, series)
            least = max(least, min(most, seconds + late / self.others))
        return max(least, seconds)

    def _late_seconds(self, end: float, iteration_seconds: float, series: Series) -> float:
        """Return how long after a moment the last answers of the others came, all together.

        In the midst of each bin; in the bin of that moment hardly later than an iteration takes.
        """
        left, seconds = self.others, 0.0
        for line in reversed(list(series.lines())):
            answers = min(left, line.requests)
            left -= answers
            begin = max(line.at, end)
            width = max(0.0, line.at + series.bin_seconds - begin)
            if begin == end:
                width = min(width, iteration_seconds)
            seconds += answers * (begin - end + width / 2)
        return seconds
