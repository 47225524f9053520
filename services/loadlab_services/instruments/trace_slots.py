"""Where the processes of a service leave their traces, for whoever answers the instruments port.

Each process has a slot of shared memory of its own and writes it whole. The length stands first and
is 0 while the text behind it changes, so that a reader finds a whole trace or none.
"""

import json
import mmap
from collections.abc import Sequence
from typing import Any, Final

LENGTH_BYTES: Final = 8
SLOT_BYTES: Final = 64 * 1024


class TraceSlot:
    """The trace of one process."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory

    def write(self, trace: dict[str, Any]) -> None:
        """Leave a trace in place of the former one; one that does not fit is left out."""
        text = json.dumps(trace, separators=(",", ":")).encode()
        self._tell(0)
        if len(text) <= len(self._memory) - LENGTH_BYTES:
            self._memory[LENGTH_BYTES : LENGTH_BYTES + len(text)] = text
            self._tell(len(text))

    def read(self) -> dict[str, Any] | None:
        """Return the trace; None where there is none yet, or it is being written."""
        length = int.from_bytes(self._memory[:LENGTH_BYTES])
        try:
            found = json.loads(bytes(self._memory[LENGTH_BYTES : LENGTH_BYTES + length]))
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def _tell(self, length: int) -> None:
        self._memory[:LENGTH_BYTES] = length.to_bytes(LENGTH_BYTES)


def slots_of(processes: int, memory: mmap.mmap | None = None) -> Sequence[TraceSlot]:
    """Lay out a slot for each process, in memory that they share once they are forked."""
    whole = memoryview(memory or mmap.mmap(-1, processes * SLOT_BYTES))
    return [
        TraceSlot(whole[place * SLOT_BYTES : (place + 1) * SLOT_BYTES])
        for place in range(processes)
    ]
