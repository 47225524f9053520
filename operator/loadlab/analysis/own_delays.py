"""What of a cell's latencies may be the generator's own: of those that two cells differ by, too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadlab import spelling
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.trial_figures import TrialFigures
from loadlab.analysis.usual_delay import usual_delay
from loadlab.validity.generator_rules import OwnDelay


@dataclass(frozen=True, slots=True)
class CellDelay:
    """What the generator may have added to the latencies of a cell.

    It waits for CPUs where no reason says so, too: on the scale of two cells' difference that
    may be much.
    """

    waited_ms: float = 0.0  # for a CPU, p99 of the worst replicate
    own: OwnDelay | None = None  # where it was short of CPU, in half of the replicates or more

    def of_ms(self, latency_ms: float) -> float:
        """Return it for a latency, both in ms."""
        return max(self.waited_ms, self.own.of_ms(latency_ms) if self.own else 0.0)

    def told(self, latency_ms: float) -> str:
        """Say what of such a latency it may have been, in ms; nothing where it was none."""
        most = self.of_ms(latency_ms)
        if not most:
            return ""
        if most > self.waited_ms:
            return f"k6 was short of CPU, and {spelling.number(most)} ms may be its own"
        return f"k6 waited for a CPU for {spelling.number(most)} ms (p99)"


def delays_by_cell(cells: Mapping[str, Sequence[Replicate]]) -> Mapping[str, CellDelay]:
    """Return what the generator may have added, by the cell's title."""
    return {title: _delay([replicate.trial for replicate in used]) for title, used in cells.items()}


def _delay(used: Sequence[TrialFigures]) -> CellDelay:
    waited = max(trial.generator_wait_ms for trial in used)
    return CellDelay(waited, usual_delay(used))
