"""What a figure may be taken for, by the reasons against the trials that it comes from."""

from collections.abc import Iterable, Sequence, Set

from loadlab.model.status import Figure
from loadlab.validity import bounds
from loadlab.validity.generator_rules import OwnDelay
from loadlab.validity.judgement import Judgement, Reason, ReasonKind
from loadlab.validity.lateness import Ends

_P95 = 95.0

_SLOW_GENERATOR = {
    ReasonKind.GENERATOR_SATURATED,
    ReasonKind.GENERATOR_THROTTLED,
    ReasonKind.GENERATOR_PAUSED,
}

_WARMS_UP = {ReasonKind.WARM_UP_COUNTED, ReasonKind.WARM_UP_UNFINISHED}
# By how much is known of them in each trial (`generator_rules.OwnDelay`), of the others it is not.
_DELAYS = {ReasonKind.GENERATOR_SATURATED, ReasonKind.GENERATOR_THROTTLED}
_LONGER_BY = {*_DELAYS, *_WARMS_UP, ReasonKind.SENT_LATE}
_BY_CHANCE = frozenset({ReasonKind.WARM_UP_COUNTED})

_CUT_TAIL = {
    ReasonKind.DROPPED_ITERATIONS,
    ReasonKind.RATE_NOT_REACHED,
    ReasonKind.UNANSWERED,
}


def weighing(
    reasons: Iterable[Reason], used: Sequence[Judgement], kinds: Set[ReasonKind] = _BY_CHANCE
) -> list[Reason]:
    """Leave out of these kinds what less than half of the replicates in use have.

    A steady load is taken for a warm-up in up to 5 of 100 windows; that of a service which is slow
    to start is found in most of its replicates. What one of five has is in the interval.
    """
    light = {kind for kind in kinds if not _is_in_half(kind, used)}
    return [reason for reason in reasons if reason.kind not in light]


def _is_in_half(kind: ReasonKind, used: Sequence[Judgement]) -> bool:
    times = sum(any(reason.kind is kind for reason in each.reasons) for each in used)
    return 2 * times >= len(used)


def lengthened_by(reasons: Sequence[Reason]) -> ReasonKind | None:
    """Return why a latency is longer than the service's own, never shorter; None where it is not.

    So it bounds the service's from above. What nobody knows the extent of comes first.
    """
    if warms_up := worked_more_by(reasons):
        return warms_up
    throttled = ReasonKind.GENERATOR_THROTTLED
    return throttled if any(reason.kind is throttled for reason in reasons) else None


def is_longer_by(why: str) -> bool:
    """Whether a latency that is Unsound for this is longer than the service's, never shorter.

    One that was sent late has in it what it waited for the generator, and a request that comes
    later is not answered sooner.
    """
    return why in _LONGER_BY


def is_delay_known(why: str) -> bool:
    """Whether of such a latency it is known how much of it may be the generator's own."""
    return why in _DELAYS


def worked_more_by(reasons: Iterable[Reason]) -> ReasonKind | None:
    """Return why the service did more in the window than its requests ask for; else None."""
    return next((reason.kind for reason in reasons if reason.kind in _WARMS_UP), None)


def stand_cost(cpu: Figure, reasons: Iterable[Reason]) -> Figure:
    """Return CPU per request as Unsound where the work of the warm-up is in it.

    What is imported, compiled or loaded in the first seconds is no cost of a request, and neither
    is an answer that the warm-up had given up: nobody knows how much of the CPU it was.
    """
    why = worked_more_by(reasons)
    return cpu.as_unsound(why) if why else cpu


def stand_samples(p95: Figure, samples: int) -> Figure:
    """Return a p95 as Unsound where too few of the samples that it rests on lie above it."""
    above = samples * (100 - _P95) / 100
    return p95.as_unsound(ReasonKind.TOO_FEW_SAMPLES) if above < bounds.SAMPLES_ABOVE else p95


def stand_latency(figure: Figure, reasons: Iterable[Reason]) -> Figure:
    """Return a latency as a lower bound, as the requests are missing that take longest.

    One that grew all through its window is that of no state of the service, and so Unsound.
    """
    kinds = [reason.kind for reason in reasons]
    why = next((kind for kind in kinds if kind in _CUT_TAIL), None)
    if why is None and ReasonKind.GROWING in kinds:
        return figure.as_unsound(ReasonKind.GROWING)
    return figure.as_lower_bound(why or ReasonKind.UNANSWERED)


def stand_disturbed(p95: Figure, reasons: Sequence[Reason]) -> Figure:
    """Return a p95 as Unsound where answers waited for what is none of the service's doing.

    Whatever came while the CPU limit stopped the generator waited for up to the rest of 100 ms, and
    what came first for what the warm-up had left, or for what a cold service did yet: nobody knows
    which answers did.
    """
    why = lengthened_by(reasons)
    return p95.as_unsound(why) if why else p95


def stand_busy(p95: Figure, own: OwnDelay | None) -> Figure:
    """Return a p95 as Unsound beside a generator that was busy: how late it read nobody knows.

    One that waited for CPUs and tells how long leaves it Sound: it is held against that.
    """
    return p95.as_unsound(ReasonKind.GENERATOR_SATURATED) if own and own.share else p95


def mixes_failures(reasons: Iterable[Reason]) -> bool:
    """Whether failed answers are among the latencies, which are then not those of good ones."""
    return any(reason.kind is ReasonKind.FAILURES_IN_LATENCY for reason in reasons)


def stand_sent(p95: Figure, apart: Iterable[Ends]) -> Figure:
    """Return a p95 as Unsound where the generator's own lateness is a part of it that matters."""
    is_late = any(ends.percent == _P95 for ends in apart)
    return p95.as_unsound(ReasonKind.SENT_LATE) if is_late else p95


def stand_throughput(figure: Figure, reasons: Iterable[Reason], *, open_model: bool) -> Figure:
    """Return the requests per second of a closed loop as a lower bound where k6 was too slow.

    A closed loop sends the next request when the answer is there: a generator that takes its time
    lowers the rate, and so do what the warm-up left to do and seconds that belong to it. One that
    was accepted and not written is no rate that the cell keeps: what it keeps may be less. In an
    open loop the rate is the offered one, or the trial is Invalid.
    """
    kinds = [] if open_model else [reason.kind for reason in reasons]
    if ReasonKind.QUEUE_BEHIND in kinds:
        return figure.as_unsound(ReasonKind.QUEUE_BEHIND)
    slower = {*_SLOW_GENERATOR, *_WARMS_UP}
    why = next((kind for kind in kinds if kind in slower), None)
    return figure if why is None else figure.as_lower_bound(why)
