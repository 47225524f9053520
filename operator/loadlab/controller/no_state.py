"""What Kopf keeps of an object between two events: nothing, as it handles only events for us.

For handlers of changes it takes copies of every object at every event, to find what has changed.
There are none, and the copies took most of what an event costs.
"""

from typing import Any

import kopf


class NothingKept(kopf.DiffBaseStorage):
    """Neither keeps nor compares what was there at the event before."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Return nothing of an object."""
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        """Return None: nothing was stored."""
        return None

    def store(self, **_: Any) -> None:
        """Store nothing."""
