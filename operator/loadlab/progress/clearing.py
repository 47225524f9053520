"""What takes children away: all that were observed, never what would be planned.

Whatever an earlier pass or an earlier release of the operator made is found by its owner, so
nothing has to be planned, or be planned alike, to be removed.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

from loadlab.base.text import first_of
from loadlab.base.times import epoch
from loadlab.model.status import LoadExperimentStatus
from loadlab.model.status.conditions import Reason
from loadlab.progress.conditions import Transition
from loadlab.progress.decision import Decision, Remove
from loadlab.progress.diagnose import Diagnosis
from loadlab.progress.observed import Child, Observed, PodView
from loadlab.progress.stalled import as_it_stalled, stall, stalled_since, what_stalls

CLEARING = 120.0  # seconds that an ending waits for what it deleted
HELD = 10.0  # seconds that it waits for whoever has a finalizer on it: most take a moment
HELD_SHOWN = 2.0  # seconds until the status says so
LATE_SHOWN = 10.0  # the same of what nobody holds
NOT_DELETED = "can't be deleted"
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


def why_stuck(observed: Observed, runs: Set[str], status: LoadExperimentStatus, now: float) -> str:
    """Return what of these runs does not go, in words; empty while it may be waited for.

    When something was deleted the API server's clock says, which may be minutes from ours: so it
    counts for how long the status has said that something does not go.
    """
    since, left = stalled_since(status, Reason.NOT_CLEARED), _left(observed)
    if since is None:
        return ""
    _, said = what_stalls(status) or (None, "")
    ours = [child for child in left if child.run in runs]
    for child in ours:
        if not child.deleting and f"{child.reference.kind} {child.name} {NOT_DELETED}" in said:
            return said if now - since > CLEARING - LATE_SHOWN else ""
    stuck = [child for child in ours if _is_stuck(child, since, now)]
    if not stuck:
        return ""
    lost = "" if any(child.held_by for child in stuck) else "; is its node lost?"
    return f"{_listed(stuck)} of a run that is over does not go though deleted{lost}"


def _is_stuck(child: Child, since: float, now: float) -> bool:
    longest = _patience([child])
    return _late(child, now) > longest and now - since > longest - _shown_after(child)


def _shown_after(child: Child) -> float:
    return HELD_SHOWN if child.held_by else LATE_SHOWN


def lingering_child(observed: Observed, now: float) -> Diagnosis | None:
    """Return which deleted child does not go, as somebody's finalizer or its node keeps it there.

    Of stores and steward it is said what they are waited for. A pod that has ended nobody awaits.
    """
    ended = {pod.reference for pod in (*observed.pods, *observed.departing) if pod.has_ended}
    left = (each for each in _left(observed) if each.reference not in ended)
    late = [each for each in left if _late(each, now) > _shown_after(each)]
    if held := [each for each in late if each.held_by]:
        said = f"{_listed(held)} does not go though deleted; take the finalizer away"
        return Reason.NOT_CLEARED, said
    if lost := [each for each in late if each.run]:
        return Reason.NOT_CLEARED, f"{_listed(lost)} does not go though deleted; is its node lost?"
    return None


def with_kept(
    decision: Decision,
    kept: Sequence[str],
    former: LoadExperimentStatus,
    transition: Transition,
) -> Decision:
    """Say in the status what the API server does not let go, since when that is; else as decided.

    An ending's own patience holds.
    """
    if not kept or decision.status.phase.is_terminal:
        return decision
    before = as_it_stalled(decision.status, former)
    return replace(decision, status=stall(before, transition, (Reason.NOT_CLEARED, kept[0])))


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
    holding = sorted({child.held_by for child in children if child.held_by})
    held = f", held by somebody's finalizer {', '.join(holding)}," if holding else ""
    return first_of([_named(child) for child in children], NAMED) + held


def _named(child: Child) -> str:
    node = child.node if isinstance(child, PodView) else ""
    where = f" on node {node}" if node else ""
    return f"{child.reference.kind} {child.name}{where}"


def _removal(children: Iterable[Child]) -> tuple[Remove, ...]:
    references = tuple(child.reference for child in children if not child.deleting)
    return (Remove(references),) if references else ()
