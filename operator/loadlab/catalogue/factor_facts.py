"""What is known of a factor: its levels, where they go, and to whom they mean something."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

Level = int | str


class Need(Enum):
    """What a variant must have for a factor to change anything."""

    POOL = auto()
    WORKER = auto()
    BATCHES = auto()
    SERVER = auto()


class Server(StrEnum):
    """What serves a built-in variant."""

    UVICORN = "uvicorn"
    GUNICORN = "gunicorn"


class Arrivals(Enum):
    """Whether requests arrive whatever the answers (open), or when one was answered (closed)."""

    OPEN = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorFacts:
    """What is known of one factor: its levels are numbers from `low` to `high`, `words`, or `cpus`.

    `default` is written into every spec by the API server, `unset` is the level where a spec says
    nothing. `variable` tells the level to the service and its worker, `parameter` to a request.
    Of a factor that is `waited`, every answer takes that many milliseconds at least.
    """

    description: str
    in_cell: str
    high: int = 0
    low: int = 1
    words: tuple[str, ...] = ()
    cpus: bool = False  # levels are amounts of CPU, such as 500m and 2
    default: tuple[Level, ...] | None = None
    unset: Level | None = None
    variable: str | None = None
    parameter: str | None = None
    waited: bool = False
    workloads: tuple[str, ...] = ()  # empty: all
    needs: Need | None = None
    arrivals: Arrivals | None = None  # None: both
