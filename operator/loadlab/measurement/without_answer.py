"""Which requests without an answer were waited for, and how long: lower bounds of the latency.

A request that timed out took longer than the time-out. One that was refused or reset had its end at
once, as a 503 has: it failed, and nobody knows how long its answer would have taken.
"""

import re
from collections.abc import Iterator, Sequence

from loadlab.measurement import bounds
from loadlab.measurement.documents import Scenario, Split
from loadlab.measurement.failures import NO_ANSWER, OTHERS
from loadlab.measurement.hdr_text import LOWEST_US
from loadlab.measurement.latency import Unanswered
from loadlab.plan.expected import LoadFacts

# Words of k6 ("request timeout", "dial: i/o timeout"), Go's client and Python's. None of them is
# that of a path alone, which some quote.
_TIMED_OUT = re.compile(r"request timeout|i/o timeout|timed out|deadline exceeded|Client\.Timeout")


def without_answer(scenarios: Sequence[Scenario], load: LoadFacts) -> Unanswered:
    """The requests that had no answer in time, and those that were cut off at the end.

    An iteration that was cut off while its user paused had its request; and where nothing is
    waited for at the end, what is cut off is only what was under way.
    """
    waited = Unanswered.total(_waited_in(scenario, load) for scenario in scenarios)
    cut, patience = _cut_off(scenarios, load), min(load.timeout_ms, load.graceful_stop_ms)
    if patience:
        return Unanswered.total([waited, Unanswered(requests=cut, after_ms=patience)])
    ended = sum(s.requests for s in scenarios)
    matters = cut >= bounds.CUT_SHARE * (ended + cut)
    return Unanswered.total([waited, Unanswered(cut=cut if matters else 0)])


def what_is_unknown(scenarios: Sequence[Scenario], load: LoadFacts) -> Iterator[str]:
    """Say that requests of several steps may have been cut off, and are in no percentile."""
    cut = sum(s.interrupted_iterations for s in scenarios)
    if cut and _may_pause(load):
        several = f" of {load.steps} steps" if load.steps > 1 else ""
        yield (
            f"{cut} iterations{several} were cut off at the end: whether their users "
            "paused or waited, and since when, is not known, so that the latency has none of them"
        )


def _may_pause(load: LoadFacts) -> bool:
    """Whether a user may be between two requests of one iteration."""
    return load.steps > 1 or load.own_script


def _cut_off(scenarios: Sequence[Scenario], load: LoadFacts) -> int:
    """Count the requests that were sent before the load ended, and had no answer at the cut.

    A later one of several steps may have been sent a moment before, or be yet to come.
    """
    if _may_pause(load):
        return 0
    cut = sum(s.interrupted_iterations for s in scenarios)
    begun = sum(s.iterations for s in scenarios) + cut
    return max(0, min(begun - sum(s.requests for s in scenarios), cut))


def waited_of(scenario: Scenario, split: Split, load: LoadFacts) -> Unanswered:
    """Return the requests of one name and outcome that were given up at the time-out."""
    if split.timed_out is None:
        return Unanswered.total(
            [Unanswered(requests=_guess(scenario, split, load), after_ms=load.timeout_ms)]
        )
    return Unanswered.total([_told(split, load)])


def _waited_in(scenario: Scenario, load: LoadFacts) -> Unanswered:
    told = [split for split in scenario.splits if split.timed_out is not None]
    if told:
        return Unanswered.total(_told(split, load) for split in told)
    timed_out = scenario.status.get(NO_ANSWER, 0) - _ended_sooner(scenario)
    return Unanswered(requests=max(0, timed_out), after_ms=load.timeout_ms)


def _told(split: Split, load: LoadFacts) -> Unanswered:
    """The time-outs of a split; a script gives each request the time-out that it likes.

    k6 times a request from the moment that it has a connection: of one that was given up before,
    and could not be sent, it tells no time at all.
    """
    if not split.timed_out or not load.own_script:
        return Unanswered(requests=split.timed_out or 0, after_ms=load.timeout_ms)
    took = split.http_req_duration.hdr
    untimed = min(took.count_up_to(LOWEST_US), split.timed_out)
    took = took.above(LOWEST_US) if untimed else split.http_req_total.hdr
    return Unanswered(requests=split.timed_out - untimed, after_ms=took.min_us / 1000, cut=untimed)


def _guess(scenario: Scenario, split: Split, load: LoadFacts) -> int:
    """Count the time-outs of a split where a generator does not tell them apart.

    Failures have no name: where a scenario has time-outs beside others, those that took less than
    half of the time-out are the others.
    """
    if split.status_class != NO_ANSWER:
        return 0
    sooner = _ended_sooner(scenario)
    if not sooner:
        return split.requests
    if sooner >= sum(s.requests for s in scenario.splits if s.status_class == NO_ANSWER):
        return 0
    took = split.http_req_total.hdr
    return took.count - took.count_up_to(round(load.timeout_ms * 1000 / 2))


def _ended_sooner(scenario: Scenario) -> int:
    """Count those of which a text says another reason; one that is not told may be a time-out."""
    return sum(
        failure.requests
        for failure in scenario.failures
        if failure.status_class == NO_ANSWER
        and failure.text != OTHERS
        and not _TIMED_OUT.search(failure.text)
    )
