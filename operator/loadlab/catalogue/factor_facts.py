"""What is known of a factor: its levels, where they go, and to whom they mean something."""

from dataclasses import dataclass
from enum import Enum, auto


class Need(Enum):
    """What a variant must have for a factor to change anything."""

    POOL = auto()
    WORKER = auto()
    BATCHES = auto()


class Arrivals(Enum):
    """Whether requests arrive whatever the answers (open), or when one was answered (closed)."""

    OPEN = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorFacts:
    """What is known of one factor.

    `default` is written into every spec by the API server, `unset` is the level where a spec says
    nothing. `variable` tells the level to the service and its worker, `parameter` to a request.
    Of a factor that is `waited`, every answer takes that many milliseconds at least.
    """

    description: str
    in_cell: str
    high: int
    low: int = 1
    default: tuple[int, ...] | None = None
    unset: int | None = None
    variable: str | None = None
    parameter: str | None = None
    waited: bool = False
    workloads: tuple[str, ...] = ()  # empty: all
    needs: Need | None = None
    arrivals: Arrivals | None = None  # None: both
