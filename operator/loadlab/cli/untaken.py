"""An experiment that no operator takes up: whoever waits for it is told so, once. Pure."""

from typing import Any

TAKEN_UP_SECONDS = 30.0  # an operator that is there writes of a new one within two


class Untaken:
    """What is to be said of one experiment while it is looked at again and again."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._is_told = False

    def told_of(self, resource: dict[str, Any], now: float) -> str:
        """Say that nobody takes it up; nothing before it is time, and nothing a second time.

        `now` in seconds, of any clock.
        """
        if self._since is None:
            self._since = now
        is_early = now - self._since < TAKEN_UP_SECONDS
        if self._is_told or is_early or _is_taken_up(resource):
            return ""
        self._is_told = True
        metadata = resource["metadata"]
        place = f"{metadata['namespace']}/{metadata['name']}"
        return (
            f"no operator has taken up {place} within {TAKEN_UP_SECONDS:g} s; whether one is there "
            f"and watches the namespace: loadlab doctor -n {metadata['namespace']}"
        )

    def looked_at_within(self, resource: dict[str, Any]) -> float | None:
        """Return within how many seconds it is to be read again, changed or not; None if never."""
        return None if self._is_told or _is_taken_up(resource) else TAKEN_UP_SECONDS


def _is_taken_up(resource: dict[str, Any]) -> bool:
    return "observedGeneration" in (resource.get("status") or {})
