"""What takes children away: all that were observed, never what would be planned.

Whatever an earlier pass or an earlier release of the operator made is found by its owner, so
nothing has to be planned, or be planned alike, to be removed.
"""

from collections.abc import Iterable

from loadlab.progress.decision import Remove
from loadlab.progress.observed import Child, Observed


def clear_runs(observed: Observed, *, keep: str) -> tuple[Remove, ...]:
    """Return what removes the children of all runs but one; nothing twice."""
    return _clear(observed, {"", keep})


def clear_all(observed: Observed) -> tuple[Remove, ...]:
    """Return what removes every child; nothing twice."""
    return _clear(observed, set())


def _clear(observed: Observed, kept: set[str]) -> tuple[Remove, ...]:
    """Remove what makes pods; of pods only those that nothing is left to take along.

    A pod with a controller goes with it. One that bears our label under a controller of somebody
    else's is not ours to delete, and would only come again.
    """
    stale = [maker for maker in observed.makers() if maker.run not in kept]
    made = {child.run for child in (*observed.jobs, *observed.controllers)}
    orphans = [pod for pod in observed.pods if pod.run not in made | kept and not pod.controlled]
    return _removal((*stale, *orphans))


def _removal(children: Iterable[Child]) -> tuple[Remove, ...]:
    references = tuple(child.reference for child in children if not child.deleting)
    return (Remove(references),) if references else ()
