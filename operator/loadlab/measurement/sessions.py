"""What the database's sessions were at while measuring: mean numbers of sessions."""

from dataclasses import dataclass

from loadlab.measurement.documents import ComponentReading


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUsage:
    """How many sessions, on average, did what."""

    running: float  # in a query, on a CPU or ready for one
    lock: float  # waiting for a lock that another session holds
    io: float  # waiting for the disk
    other: float  # in a query, waiting for anything else
    in_transaction: float  # holding a transaction open without a query
    answer_ms: float | None = None  # that the server took for the simplest query

    @property
    def in_use(self) -> float:
        """All that were not idle."""
        return self.running + self.lock + self.io + self.other + self.in_transaction


def measure_sessions(
    before: ComponentReading | None, after: ComponentReading
) -> SessionUsage | None:
    """Average over the looks between two readings; None without any, and after a new start."""
    first, last = (before.sessions if before else None), after.sessions
    if first is None or last is None or (looks := last.looks - first.looks) <= 0:
        return None
    return SessionUsage(
        running=_mean(first.running, last.running, looks),
        lock=_mean(first.lock, last.lock, looks),
        io=_mean(first.io, last.io, looks),
        other=_mean(first.other, last.other, looks),
        in_transaction=_mean(first.in_transaction, last.in_transaction, looks),
        answer_ms=_answer_ms(first.answer_micros, last.answer_micros, looks),
    )


def _answer_ms(first: int | None, last: int | None, looks: int) -> float | None:
    return None if first is None or last is None else _mean(first, last, looks) / 1000


def _mean(first: int, last: int, looks: int) -> float:
    return max(0, last - first) / looks
