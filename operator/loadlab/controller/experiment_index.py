"""What the events said about all experiments: enough to see that others are ahead.

Only a hint: it spares a waiting experiment the reading of all others. One that seems to be next
asks the API server before it begins, so that a stale memory never starts two.
"""

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any

from loadlab.controller.work_queue import Key
from loadlab.kube.queue_order import find_front, find_place, without
from loadlab.kube.standing import Standing, standing_of
from loadlab.model.status import Phase
from loadlab.progress.observed import NOBODY_AHEAD, Place

MOST_FORMER = 1000  # namespaces whose last turn is remembered


def waits_as_reported(body: Mapping[str, Any]) -> bool:
    """Whether an experiment waits and its status is of its newest spec.

    A change that leaves it so was our own: of five hundred that arrive at once, each would be
    reconciled twice.
    """
    status = body.get("status") or {}
    waits = (status.get("phase") or Phase.PENDING) == Phase.PENDING
    return waits and status.get("observedGeneration") == body["metadata"].get("generation")


def only_waits(standing: Standing, place: Place) -> bool:
    """Whether an experiment at this place can neither begin nor have anything running."""
    return standing.waits and (standing.suspended or place.ahead > 0)


class ExperimentIndex:
    """The experiments by key, each reduced to what decides about its place."""

    def __init__(self) -> None:
        self._known: dict[Key, Standing] = {}
        self._versions: dict[Key, str] = {}
        self._front: tuple[Set[str], Set[Key]] | None = None  # as it is known; None: to be found
        self._former: dict[str, Standing] = {}  # by namespace the last turn of a deleted one

    def note(self, key: Key, body: Mapping[str, Any]) -> None:
        """Remember how an experiment stands."""
        former, self._known[key] = self._known.get(key), standing_of(body)
        before, after = former, self._known[key]
        if before != after and (after.holds_up_others or (before and before.holds_up_others)):
            self._front = None  # hundreds that are suspended change nothing about who is next
        self._versions[key] = body["metadata"].get("resourceVersion") or ""

    def standing(self, key: Key) -> Standing | None:
        """Return how an experiment stood when it was reported last."""
        return self._known.get(key)

    def knows(self, key: Key) -> bool:
        """Whether an experiment of this name was reported."""
        return key in self._known

    def differing(self, versions: Mapping[Key, str]) -> list[Key]:
        """Return those that the cluster has in another version, or has not any more, or only it."""
        return [
            key
            for key in {**self._versions, **versions}
            if versions.get(key) != self._versions.get(key)
        ]

    def holds_up_others(self, key: Key) -> bool:
        """Whether an experiment is known that others may have to wait for."""
        known = self._known.get(key)
        return known is not None and known.holds_up_others

    def forget(self, key: Key) -> None:
        """Forget a deleted experiment, but for the turn that its namespace had by it."""
        gone = self._known.pop(key, None)
        self._versions.pop(key, None)
        self._front = None
        if gone is None or not gone.started:
            return
        former = self._former.pop(gone.namespace, gone)
        last = max(gone, former, key=lambda one: (one.started, one.ended))
        self._former[gone.namespace] = replace(last, phase=Phase.SUCCEEDED.value, deleting=False)
        while len(self._former) > MOST_FORMER:
            del self._former[next(iter(self._former))]

    @property
    def former(self) -> tuple[Standing, ...]:
        """The last turns of namespaces whose experiments were deleted."""
        return tuple(self._former.values())

    def phases(self) -> list[str]:
        """The phase of each experiment that is known."""
        return [one.phase for one in list(self._known.values())]  # another thread may ask

    def place_of(self, key: Key, set_aside: Set[str] = frozenset()) -> Place:
        """Return the place of an experiment as far as it is known; a suspended one has none."""
        own = self._known.get(key)
        if own is None or own.suspended:
            return NOBODY_AHEAD
        everyone = (*without(self._known.values(), set_aside), *self.former)
        return find_place(everyone, own.uid)

    def front(self, set_aside: Set[str] = frozenset()) -> Set[Key]:
        """Return those under way and the one that is next: they are looked at before all others.

        Where hundreds wait, each end has them all say anew how many are ahead.
        """
        if self._front is None or self._front[0] != set_aside:
            everyone = (*without(self._known.values(), set_aside), *self.former)
            uids = find_front(everyone)
            keys = frozenset(key for key, one in self._known.items() if one.uid in uids)
            self._front = set_aside, keys
        return self._front[1]

    def only_waits(self, key: Key, place: Place, set_aside: Set[str] = frozenset()) -> bool:
        """Whether a pass at this place can do no more than say that an experiment waits."""
        known = self._known.get(key)
        if known is None:
            return False
        return only_waits(known, place) or (known.waits and known.uid in set_aside)
