"""What takes children away: all that were observed, never what would be planned.

Whatever an earlier pass or an earlier release of the operator made is found by its owner, so
nothing has to be planned, or be planned alike, to be removed.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

from loadlab.base.times import epoch
from loadlab.model.status import LoadExperimentStatus
from loadlab.model.status.conditions import Reason
from loadlab.progress.conditions import Transition
from loadlab.progress.decision import Decision, Remove
from loadlab.progress.diagnose import Diagnosis
from loadlab.progress.observed import Child, Observed, PodView
from loadlab.progress.stalled import stall

CLEARING = 120.0  # seconds that an ending waits for what it deleted
HELD = 10.0  # seconds that it waits for whoever has a finalizer on it: most take a moment
HELD_SHOWN = 2.0  # seconds until the status says so
NAMED = 3  # of what is left


def clear_runs(observed: Observed, *, keep: str, is_running: bool) -> tuple[Remove, ...]:
    """Return what removes the children of all runs but one; nothing twice.

    A pod that was let go may have lost the name of its run: it goes while none is running.
    """
    return _clear(observed, {"", keep}, () if is_running else observed.let_go)


def clear_all(observed: Observed) -> tuple[Remove, ...]:
    """Return what removes every child; nothing twice."""
    return _clear(observed, set(), observed.let_go)


def _clear(observed: Observed, kept: set[str], pods: Iterable[Child]) -> tuple[Remove, ...]:
    """Remove what makes pods: they go with it, but for those that it let go."""
    makers = (maker for maker in observed.makers() if maker.run not in kept)
    return _removal((*makers, *pods))


def name_stuck(observed: Observed, runs: Set[str], now: float) -> str:
    """Return what of these runs should be gone for long and is not, in words; else empty."""
    left = [child for child in _left(observed) if child.run in runs]
    return _listed([child for child in left if _late(child, now) > _patience([child])])


def held_child(observed: Observed, now: float) -> Diagnosis | None:
    """Return which deleted child somebody's finalizer keeps there; None for none."""
    held = [each for each in _left(observed) if each.held_by and _late(each, now) > HELD_SHOWN]
    if not held:
        return None
    return (
        Reason.NOT_CLEARED,
        f"{_listed(held)} does not go though deleted; take the finalizer away",
    )


def with_kept(decision: Decision, kept: Sequence[str], transition: Transition) -> Decision:
    """Say in the status what the API server does not let go; the ending's own patience holds."""
    if not kept or decision.status.phase.is_terminal:
        return decision
    shown = stall(decision.status, transition, (Reason.NOT_CLEARED, kept[0]))
    return replace(decision, status=shown)


def name_remains(status: LoadExperimentStatus, observed: Observed, now: float) -> tuple[str, bool]:
    """Return what is left, in words, and whether it may still be waited for.

    A pod on a lost node, or one that somebody else's controller makes anew, never goes; nor, maybe,
    what a finalizer of somebody's holds.
    """
    left = _left(observed)
    since = epoch(status.phase_start_time) if status.phase_start_time else now
    return _listed(left), bool(left) and now - since <= _patience(left)


def _left(observed: Observed) -> tuple[Child, ...]:
    return (*observed.makers(), *observed.pods, *observed.departing)


def _late(child: Child, now: float) -> float:
    """Return the seconds since it should have been gone; negative where it need not be yet."""
    return -1.0 if child.gone_by is None else now - child.gone_by


def patience(observed: Observed) -> float:
    """Return the seconds that an ending waits for what is left."""
    return _patience(_left(observed))


def _patience(children: Iterable[Child]) -> float:
    """Return how long to wait for these: what a held one makes goes no sooner than it does."""
    return HELD if any(child.deleting and child.held_by for child in children) else CLEARING


def _listed(children: Sequence[Child]) -> str:
    more = f" and {len(children) - NAMED} more" if len(children) > NAMED else ""
    holding = sorted({child.held_by for child in children if child.held_by})
    held = f", held by somebody's finalizer {', '.join(holding)}," if holding else ""
    return ", ".join(map(_named, children[:NAMED])) + more + held


def _named(child: Child) -> str:
    node = child.node if isinstance(child, PodView) else ""
    where = f" on node {node}" if node else ""
    return f"{child.reference.kind} {child.name}{where}"


def _removal(children: Iterable[Child]) -> tuple[Remove, ...]:
    references = tuple(child.reference for child in children if not child.deleting)
    return (Remove(references),) if references else ()
