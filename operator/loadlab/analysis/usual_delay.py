"""What the generator may have added to a cell's latencies: as much as in half of the replicates.

What it did in fewer is in the interval of the figure: one pause of 0.3 s among five replicates
would be all of a difference of 20 ms.
"""

from collections.abc import Iterable, Sequence

from loadlab.analysis.trial_figures import TrialFigures
from loadlab.validity.generator_rules import OwnDelay


def usual_delay(used: Sequence[TrialFigures]) -> OwnDelay | None:
    """Return as much of either kind as half of the replicates have, or more; None where it is none.

    Where no rule marks the generator as slow a replicate has none.
    """
    if not used:
        return None
    delays = [trial.own_delay for trial in used]
    share = in_half(delay.share if delay else 0.0 for delay in delays)
    some_ms = in_half(delay.ms if delay else 0.0 for delay in delays)
    return OwnDelay(share, some_ms) if share or some_ms else None


def in_half(values: Iterable[float]) -> float:
    """Return what half of some values are, or more."""
    ordered = sorted(values, reverse=True)
    return ordered[(len(ordered) - 1) // 2]
