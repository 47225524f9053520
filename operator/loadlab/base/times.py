"""Epoch seconds and RFC 3339, both ways. The clock itself is never read here."""

from datetime import UTC, datetime


def rfc3339(epoch_seconds: float) -> str:
    """Spell a moment as the API conventions do, in whole seconds."""
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(epoch_seconds: float) -> str:
    """Spell a moment as a MicroTime of the API, in microseconds."""
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def epoch(text: str) -> float:
    """Return the epoch seconds of an RFC 3339 time.

    Raises:
        ValueError: the text is no such time.
    """
    return datetime.fromisoformat(text).timestamp()
