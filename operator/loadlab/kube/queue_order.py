"""The order of the queue: namespaces take turns, within one the oldest experiment is next.

Whose turn it is follows from the resources alone. A namespace's oldest waiting experiment counts as
having come when it was created, or when its namespace's last turn was over, whichever is later; the
one that came first is next, and the namespace whose turn it is comes last. So a namespace with one
experiment waits for at most one of each other namespace, however many they have. Of experiments
that were deleted the caller remembers the last turns; after a restart the order may be that of
creation.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from itertools import chain

from loadlab.kube.standing import Standing
from loadlab.progress.observed import NOBODY_AHEAD, Place

Turn = tuple[int, str, tuple[str, str]]
NOT_OVER = "9999-12-31T23:59:59Z"  # when a turn ends that still goes on


def find_place(experiments: Iterable[Standing], uid: str) -> Place:
    """Return the place of a waiting experiment; the first where it does not wait."""
    everyone = tuple(experiments)
    own = next((one for one in everyone if one.uid == uid and one.waits), None)
    if own is None:
        return NOBODY_AHEAD
    under_way = sorted((o for o in everyone if o.is_under_way), key=lambda one: one.age)
    waiting = [o for o in everyone if o.waits and (o.may_begin or o.uid == uid)]
    turns = _turns(waiting, _last_turns(everyone))
    ahead = [o for o in sorted(waiting, key=lambda o: turns[o.uid]) if turns[o.uid] < turns[uid]]
    first = next(chain(under_way, ahead), None)
    waits_for = f"LoadExperiment {first.namespace}/{first.name}" if first else ""
    return Place(len(under_way) + len(ahead), waits_for, is_under_way=bool(under_way))


def find_front(experiments: Iterable[Standing]) -> frozenset[str]:
    """Return the uids of those under way, and of the one that is next: whose passes matter most."""
    everyone = tuple(experiments)
    waiting = [one for one in everyone if one.waits and one.may_begin]
    turns = _turns(waiting, _last_turns(everyone))
    first = min(turns, key=lambda uid: turns[uid], default=None)
    under_way = {one.uid for one in everyone if one.is_under_way}
    return frozenset(under_way | ({first} if first is not None else set()))


def without(experiments: Iterable[Standing], set_aside: Set[str]) -> Iterator[Standing]:
    """Yield them all, those that are set aside as such."""
    return (one.set_aside() if one.uid in set_aside else one for one in experiments)


def _turns(waiting: Iterable[Standing], last_turns: dict[str, str]) -> dict[str, Turn]:
    """Return by uid in which round each comes, and within the round when it counts as come."""
    lines: dict[str, list[Standing]] = defaultdict(list)
    for one in sorted(waiting, key=lambda one: one.age):
        lines[one.namespace].append(one)
    return {
        one.uid: (round_, max(line[0].created, last_turns[namespace]), line[0].age)
        for namespace, line in lines.items()
        for round_, one in enumerate(line)
    }


def _last_turns(experiments: Iterable[Standing]) -> dict[str, str]:
    """Return when the last turn of each namespace was over; empty where none is known."""
    last: dict[str, str] = defaultdict(str)
    for one in experiments:
        over = NOT_OVER if one.is_under_way else one.started and max(one.started, one.ended)
        last[one.namespace] = max(last[one.namespace], over)
    return last
