"""What a figure may be taken for, by the reasons against the trials that it comes from."""

from collections.abc import Iterable

from loadlab.model.status import Figure
from loadlab.validity.judgement import Reason, ReasonKind
from loadlab.validity.lateness import Ends

_P95 = 95.0

_SLOW_GENERATOR = {
    ReasonKind.GENERATOR_SATURATED,
    ReasonKind.GENERATOR_THROTTLED,
    ReasonKind.GENERATOR_PAUSED,
}


_IN_THE_WAY = {ReasonKind.GENERATOR_THROTTLED, ReasonKind.WARM_UP_UNFINISHED}


_CUT_TAIL = {
    ReasonKind.DROPPED_ITERATIONS,
    ReasonKind.RATE_NOT_REACHED,
    ReasonKind.UNANSWERED,
}


def stand_latency(figure: Figure, reasons: Iterable[Reason]) -> Figure:
    """Return a latency as a lower bound, as the requests are missing that take longest.

    One that grew all through its window is that of no state of the service, and so Unsound.
    """
    kinds = [reason.kind for reason in reasons]
    why = next((kind for kind in kinds if kind in _CUT_TAIL), None)
    if why is None and ReasonKind.GROWING in kinds:
        return figure.as_unsound(ReasonKind.GROWING)
    return figure.as_lower_bound(why or ReasonKind.UNANSWERED)


def stand_disturbed(p95: Figure, reasons: Iterable[Reason]) -> Figure:
    """Return a p95 as Unsound where answers waited for what is none of the service's doing.

    Whatever came while the CPU limit stopped the generator waited for up to the rest of 100 ms, and
    what came first for what the warm-up had left: nobody knows which answers did.
    """
    why = next((reason.kind for reason in reasons if reason.kind in _IN_THE_WAY), None)
    return p95.as_unsound(why) if why else p95


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
    lowers the rate, and so does what the warm-up left to do. One that was accepted and not written
    is no rate that the cell keeps: what it keeps may be less. In an open loop the rate is the
    offered one, or the trial is Invalid.
    """
    kinds = [] if open_model else [reason.kind for reason in reasons]
    if ReasonKind.QUEUE_BEHIND in kinds:
        return figure.as_unsound(ReasonKind.QUEUE_BEHIND)
    slower = {*_SLOW_GENERATOR, ReasonKind.WARM_UP_UNFINISHED}
    why = next((kind for kind in kinds if kind in slower), None)
    return figure if why is None else figure.as_lower_bound(why)
