"""Experiments whose status the API server does not take: they hold nobody up.

A webhook that is down, an object as large as etcd allows, somebody who changes it all the time:
nothing can be said in such a status, so what is known of it stands here. For one that waits nobody
waits after a while. One that runs is cleared away after a longer one, and ends as soon as that can
be written. A restart of the operator begins to count anew.

An API server that takes nothing from anybody is another case: then the Lease is not renewed
either, and no pass is made at all.
"""

from dataclasses import dataclass, replace

from loadlab.controller.work_queue import Key

AHEAD_FOR = 5.0  # seconds for which one that waits stays ahead of others
RUNS_FOR = 60.0  # seconds for which one goes on without a word in its status
TRIES = 5  # in vain, before that: an API server that was away in between took nothing either
TRIED_AGAIN = (10.0, 120.0)  # seconds, at least and at most, until one that is set aside is tried
TOO_LARGE = "request is too large"  # etcd's words: only its owner can make it smaller
AT_ONE_STRETCH = 60.0  # seconds between two refusals that are of one trouble of one that runs


@dataclass(frozen=True, slots=True)
class _Trouble:
    key: Key
    since: float  # epoch seconds
    last: float
    error: str
    waits: bool  # it has not begun
    tries: int = 1
    cleared: bool = False  # nothing of it runs any more
    unread: bool = False  # not even it could be read


class Unwritten:
    """What was tried in vain, by the uid of the experiment."""

    def __init__(self) -> None:
        self._troubles: dict[str, _Trouble] = {}

    def refused(
        self, key: Key, uid: str, error: str, now: float, *, waits: bool, unread: bool = False
    ) -> None:
        """Take note that a status was not taken, or that the experiment could not be read."""
        known = self._troubles.get(uid)
        begun = _Trouble(key, now, now, error, waits, unread=unread)
        if known is None or not (waits or now - known.last <= AT_ONE_STRETCH):
            self._troubles[uid] = replace(begun, cleared=known is not None and known.cleared)
            return
        tries, since = known.tries + 1, known.since
        self._troubles[uid] = replace(begun, since=since, tries=tries, cleared=known.cleared)

    def knows(self, uid: str) -> bool:
        """Whether something of it was tried in vain."""
        return uid in self._troubles

    def forget(self, uid: str) -> None:
        """Forget what was: a status was taken."""
        self._troubles.pop(uid, None)

    def was_read(self, uid: str) -> None:
        """Forget that it could not be read: so may all, while the API server is away."""
        known = self._troubles.get(uid)
        if known is not None and known.unread and not known.cleared:
            self.forget(uid)

    def forget_namesakes(self, key: Key, uid: str) -> None:
        """Forget all of a name that are gone; `uid` is that of the one that is there."""
        gone = [one for one, known in self._troubles.items() if known.key == key and one != uid]
        for one in gone:
            self.forget(one)

    def cleared(self, uid: str) -> None:
        """Take note that nothing of it runs any more."""
        if known := self._troubles.get(uid):
            self._troubles[uid] = replace(known, cleared=True)

    def why_to_end(self, uid: str, now: float) -> str:
        """Return why one that is under way has to end; empty while it may go on."""
        known = self._troubles.get(uid)
        if known is None:
            return ""
        is_of_now = known.tries >= TRIES and now - known.last <= AT_ONE_STRETCH
        if not (known.cleared or (is_of_now and now - known.since >= RUNS_FOR)):
            return ""
        return f"its status could not be written for {RUNS_FOR:.0f} s: {known.error}"

    def why_set_aside(self, uid: str) -> str:
        """Return why nobody waits for one that waits, once that can be written."""
        known = self._troubles.get(uid)
        error = known.error if known else "not known"
        return f"its status could not be written, so others went before it: {error}"

    def retry(self, key: Key, now: float, soon: float) -> float:
        """Return the seconds until the next try of one that failed; `soon` unless set aside.

        There may be hundreds of those, each as large as etcd allows: less and less often.
        """
        known = next((one for one in self._troubles.values() if one.key == key), None)
        if known is None or not _waits_in_vain(known, now):
            return soon
        at_least, at_most = TRIED_AGAIN
        return min(max(at_least, (now - known.since) / 2), at_most)

    def keys_set_aside(self, now: float) -> frozenset[Key]:
        """Return the keys of those for whom nobody waits: nor do they wait for anybody."""
        aside = self.set_aside(now)
        return frozenset(known.key for uid, known in self._troubles.items() if uid in aside)

    def set_aside(self, now: float) -> frozenset[str]:
        """Return the uids of those for whom nobody waits."""
        return frozenset(
            uid
            for uid, known in self._troubles.items()
            if known.cleared or _waits_in_vain(known, now)
        )


def _waits_in_vain(known: _Trouble, now: float) -> bool:
    """Whether nobody waits for it any more.

    Of one that is too large a second try says the same, and takes the API server up to seconds.
    """
    return known.waits and (now - known.since >= AHEAD_FOR or TOO_LARGE in known.error)
