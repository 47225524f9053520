"""Is everything that was accepted also persisted? Pure, from what Redis says about the stream."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backlog:
    """A stream and its group at one moment. Without a group nothing was ever delivered."""

    length: int = 0
    pending: int = 0
    lag: int | None = None
    last_generated: str = "0-0"
    last_delivered: str = "0-0"

    @property
    def drained(self) -> bool:
        """Nothing waits and nothing is in a consumer's hands.

        Consumers delete what they acknowledge, so an empty stream says it by itself. Redis 7 gives
        no lag, or a wrong one, once entries were deleted; then the two last ids tell it.
        """
        if self.pending:
            return False
        return (
            self.length == 0
            or self.lag == 0
            or parse_id(self.last_delivered) >= parse_id(self.last_generated)
        )

    @property
    def outstanding(self) -> int:
        """How many accepted entries are not persisted yet."""
        return 0 if self.drained else max(self.length, self.pending)


def parse_id(entry_id: str) -> tuple[int, int]:
    """Make a stream's ids comparable: milliseconds, then sequence."""
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)
