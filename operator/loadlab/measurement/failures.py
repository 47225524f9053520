"""Failed requests by status class and text, added up over pods and replicates."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from loadlab.base.text import fit
from loadlab.measurement.documents import Scenario

NO_ANSWER = "err"  # the class of requests that nothing answered
KEPT = 20  # texts of a trial; the others are added up
OTHERS = "other errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRequests:
    """Failed requests of one status class and text."""

    status_class: str  # such as 5xx
    text: str  # a status with its name, or the error where there was no answer
    requests: int
    example: str = ""  # what one such answer said; empty where none was read

    @property
    def words(self) -> str:
        """The text, and what one such answer said."""
        return f"{self.text} (such as: {self.example})" if self.example else self.text


def failures_of(scenario: Scenario) -> Iterator[FailedRequests]:
    """Yield what one pod tells of the failures of a scenario."""
    for failure in scenario.failures:
        yield FailedRequests(
            status_class=failure.status_class,
            text=failure.text,
            requests=failure.requests,
            example=failure.example,
        )


def merge_failures(parts: Iterable[FailedRequests]) -> tuple[FailedRequests, ...]:
    """Add up the failures of each class and text, the most frequent first.

    What is added in which order makes no difference: of several examples the first in the order
    of their characters stays.
    """
    found: dict[tuple[str, str], FailedRequests] = {}
    for part in parts:
        if not part.requests:
            continue
        key = (part.status_class, part.text)
        found[key] = _sum(found[key], part) if key in found else part
    return tuple(sorted(found.values(), key=lambda f: (-f.requests, f.status_class, f.text)))


def most_frequent(failures: Iterable[FailedRequests], kept: int) -> tuple[FailedRequests, ...]:
    """Return the most frequent failures; the others of each class are added up beside them."""
    merged = merge_failures(failures)
    named = [failure for failure in merged if failure.text != OTHERS][:kept]
    rest = [
        FailedRequests(status_class=f.status_class, text=OTHERS, requests=f.requests)
        for f in merged
        if f not in named
    ]
    return tuple(named) + merge_failures(rest)


def tell_failures(failures: Iterable[FailedRequests], requests: int, kept: int = 3) -> str:
    """Say why requests failed, each with its share of all."""
    found = tuple(failures)
    told = [f"{fit(f.words)} ({f.requests / requests:.1%})" for f in found[:kept] if requests]
    more = len(found) - len(told)
    return ", ".join([*told, f"and {more} others"] if more > 0 and told else told)


def _sum(one: FailedRequests, other: FailedRequests) -> FailedRequests:
    examples = [example for example in (one.example, other.example) if example]
    return FailedRequests(
        status_class=one.status_class,
        text=one.text,
        requests=one.requests + other.requests,
        example=min(examples, default=""),
    )
