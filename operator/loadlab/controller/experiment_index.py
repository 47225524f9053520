"""What the events said about all experiments: enough to see that others are ahead.

Only a hint: it spares a waiting experiment the reading of all others. One that seems to be next
asks the API server before it begins, so that a stale memory never starts two.
"""

from collections.abc import Mapping
from typing import Any

from loadlab.controller.work_queue import Key
from loadlab.kube.api import Manifest
from loadlab.kube.observe import is_ahead, is_open
from loadlab.model.status import Phase


def waits_as_reported(body: Mapping[str, Any]) -> bool:
    """Whether an experiment waits and its status is of its newest spec.

    A change that leaves it so was our own: of five hundred that arrive at once, each would be
    reconciled twice.
    """
    status = body.get("status") or {}
    waits = (status.get("phase") or Phase.PENDING) == Phase.PENDING
    return waits and status.get("observedGeneration") == body["metadata"].get("generation")


class ExperimentIndex:
    """The experiments by key, each reduced to what decides about its place."""

    def __init__(self) -> None:
        self._known: dict[Key, Manifest] = {}

    def note(self, key: Key, body: Mapping[str, Any]) -> None:
        """Remember how an experiment stands."""
        metadata, spec, status = body["metadata"], body.get("spec"), body.get("status")
        self._known[key] = {
            "metadata": {
                n: metadata.get(n) for n in ("creationTimestamp", "deletionTimestamp", "uid")
            },
            "spec": {"suspend": (spec or {}).get("suspend")},
            "status": {"phase": (status or {}).get("phase")},
        }

    def is_open(self, key: Key) -> bool:
        """Whether an experiment is known that others may have to wait for."""
        known = self._known.get(key)
        return known is not None and is_open(known)

    def forget(self, key: Key) -> None:
        """Forget a deleted experiment."""
        self._known.pop(key, None)

    def ahead_of(self, key: Key) -> int:
        """Return how many experiments are known to be ahead of one."""
        own = self._known.get(key)
        if own is None:
            return 0
        return sum(is_ahead(other, own) for other in self._known.values())
