"""Since when the passes over an experiment fail for want of an answer.

One that is not answered is a hiccup, and forgotten with the next that is. A restart begins to count
anew: what has lasted stands in the condition Stalled by then.
"""

from loadlab.controller.work_queue import Key


class Silences:
    """The beginning of each silence, by the experiment's key and uid."""

    def __init__(self) -> None:
        self._since: dict[Key, tuple[str, float]] = {}

    def lasts(self, key: Key, uid: str, now: float) -> float:
        """Take note that a request was not answered; return for how many seconds none was."""
        known, since = self._since.get(key, ("", now))
        if known != uid:
            since = now
            self._since[key] = uid, now
        return now - since

    def lasted(self, key: Key, now: float) -> float:
        """Return for how many seconds none was answered, as far as it was noted."""
        known = self._since.get(key)
        return now - known[1] if known else 0.0

    def broken(self, key: Key) -> None:
        """Take note that a pass got through, or that the experiment is gone."""
        self._since.pop(key, None)
