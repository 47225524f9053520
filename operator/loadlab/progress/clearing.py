"""What takes children away: all that were observed, never what would be planned.

Whatever an earlier pass or an earlier release of the operator made is found by its owner, so
nothing has to be planned, or be planned alike, to be removed.
"""

from collections.abc import Iterable, Sequence, Set

from loadlab.base.times import epoch
from loadlab.model.status import LoadExperimentStatus
from loadlab.progress.decision import Remove
from loadlab.progress.observed import Child, Observed, PodView

CLEARING = 120.0  # seconds that an ending waits for what it deleted
NAMED = 3  # of what is left


def clear_runs(observed: Observed, *, keep: str) -> tuple[Remove, ...]:
    """Return what removes the children of all runs but one; nothing twice."""
    return _clear(observed, {"", keep})


def clear_all(observed: Observed) -> tuple[Remove, ...]:
    """Return what removes every child; nothing twice."""
    return _clear(observed, set())


def _clear(observed: Observed, kept: set[str]) -> tuple[Remove, ...]:
    """Remove what makes pods: they go with it."""
    return _removal(maker for maker in observed.makers() if maker.run not in kept)


def name_stuck(observed: Observed, runs: Set[str], now: float) -> str:
    """Return what of these runs should be gone for long and is not, in words; else empty."""
    stuck = [
        child
        for child in (*observed.makers(), *observed.pods, *observed.departing)
        if child.run in runs and child.gone_by is not None and now - child.gone_by > CLEARING
    ]
    return _listed(stuck)


def name_remains(status: LoadExperimentStatus, observed: Observed, now: float) -> tuple[str, bool]:
    """Return what is left, in words, and whether it may still be waited for.

    A pod on a lost node, or one that somebody else's controller makes anew, never goes.
    """
    left = (*observed.makers(), *observed.pods, *observed.departing)
    since = epoch(status.phase_start_time) if status.phase_start_time else now
    return _listed(left), bool(left) and now - since <= CLEARING


def _listed(children: Sequence[Child]) -> str:
    more = f" and {len(children) - NAMED} more" if len(children) > NAMED else ""
    return ", ".join(map(_named, children[:NAMED])) + more


def _named(child: Child) -> str:
    node = child.node if isinstance(child, PodView) else ""
    where = f" on node {node}" if node else ""
    return f"{child.reference.kind} {child.name}{where}"


def _removal(children: Iterable[Child]) -> tuple[Remove, ...]:
    references = tuple(child.reference for child in children if not child.deleting)
    return (Remove(references),) if references else ()
