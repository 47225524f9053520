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
TRIED_AGAIN = 10.0  # seconds until one that nobody waits for is tried again: there may be hundreds
AT_ONE_STRETCH = 15.0  # seconds between two refusals that are of one trouble


@dataclass(frozen=True, slots=True)
class _Trouble:
    key: Key
    since: float  # epoch seconds
    last: float
    error: str
    waits: bool  # it has not begun
    cleared: bool = False  # nothing of it runs any more


class Unwritten:
    """What was tried in vain, by the uid of the experiment."""

    def __init__(self) -> None:
        self._troubles: dict[str, _Trouble] = {}

    def refused(self, key: Key, uid: str, error: str, now: float, *, waits: bool) -> None:
        """Take note that a status was not taken."""
        known = self._troubles.get(uid)
        goes_on = known is not None and now - known.last <= AT_ONE_STRETCH
        since = known.since if known and goes_on else now
        cleared = known is not None and known.cleared
        self._troubles[uid] = _Trouble(key, since, now, error, waits, cleared)

    def forget(self, uid: str) -> None:
        """Forget what was: a status was taken."""
        self._troubles.pop(uid, None)

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
        lasts = now - known.last <= AT_ONE_STRETCH and now - known.since >= RUNS_FOR
        if not (known.cleared or lasts):
            return ""
        return f"its status could not be written for {RUNS_FOR:.0f} s: {known.error}"

    def retry(self, key: Key, now: float, soon: float) -> float:
        """Return the seconds until the next try of one that failed; `soon` unless set aside."""
        aside = self.set_aside(now)
        waits = any(k.key == key and k.waits for uid, k in self._troubles.items() if uid in aside)
        return TRIED_AGAIN if waits else soon

    def set_aside(self, now: float) -> frozenset[str]:
        """Return the uids of those for whom nobody waits."""
        return frozenset(
            uid
            for uid, known in self._troubles.items()
            if known.cleared or (known.waits and now - known.since >= AHEAD_FOR)
        )
