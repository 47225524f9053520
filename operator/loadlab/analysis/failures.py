"""How the requests of some trials ended: by status class, and why they failed, as rows."""

from collections import Counter
from collections.abc import Iterable, Mapping

from loadlab.measurement.failures import NO_ANSWER, FailedRequests, most_frequent
from loadlab.model.status import FailureRow

SHOWN = 5  # failures of a row
_ALL_GOOD = "2xx"
_NONE = "none"  # the class that a row gives to requests without an answer


def status_classes(parts: Iterable[Mapping[str, int]]) -> dict[str, int] | None:
    """Add up the requests of each status class; None where all were answered 2xx."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    found = {_named(name): total[name] for name in sorted(total) if total[name]}
    return found if found.keys() - {_ALL_GOOD} else None


def failure_rows(
    failures: Iterable[FailedRequests], requests: int
) -> tuple[FailureRow, ...] | None:
    """Return the most frequent failures with their share of some requests; None for none."""
    shown = most_frequent(failures, SHOWN)[:SHOWN]
    return (
        tuple(
            FailureRow(
                status_class=_named(found.status_class),
                text=found.text,
                example=found.example or None,
                requests=found.requests,
                share=found.requests / requests if requests else 0.0,
            )
            for found in shown
        )
        or None
    )


def _named(status_class: str) -> str:
    return _NONE if status_class == NO_ANSWER else status_class
