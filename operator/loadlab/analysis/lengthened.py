"""Where a bound on a time may be broken, or kept, by what is none of the service's doing.

Such a time is longer than the service's own, never shorter: what a shorter one decides alike is
decided. Of a warm-up nobody knows how much longer; a generator that was short of CPU added what it
waited and stood still, and a busy one up to a share that nobody knows (`OwnDelay`). What
time-outs decide by themselves is decided, whatever the warm-up did to the answers.
"""

from loadlab.analysis.cell import MeasuredCell
from loadlab.analysis.threshold import Threshold
from loadlab.analysis.time_outs import least_by_time_outs
from loadlab.validity.generator_rules import OwnDelay

_LONGER = (
    "{why}: latencies are longer than the service's own, which may lie on the other side of the "
    "bound; the cell's reasons say what to change"
)
_SHORT = (
    "k6 was short of CPU, and so much of the latency may be its own that the service's may lie on "
    "the other side of the bound: raise spec.resources.k6, or give the node less other work"
)


def why_longer(threshold: Threshold, cell: MeasuredCell, value_ms: float) -> str:
    """Say why the service's own time may lie on the other side of the bound; else nothing."""
    least_ms = max(0.0, least_by_time_outs(threshold, cell.time_outs) - cell.own_ms)
    if _holds_below(threshold, value_ms) or is_far_above(threshold, least_ms, cell.own_delay):
        return ""
    if cell.lengthened_by:
        return _LONGER.format(why=cell.lengthened_by)
    return _SHORT if is_undone(threshold, value_ms, cell.own_delay) else ""


def is_far_above(threshold: Threshold, least_ms: float, own: OwnDelay | None) -> bool:
    """Whether a time that is known to be no shorter breaks a ceiling, or keeps a floor.

    Also without what of it may be the generator's own.
    """
    if threshold.relation[0] in "=!" and least_ms == threshold.bound:
        return False
    return not _holds_below(threshold, least_ms) and not is_undone(threshold, least_ms, own)


def is_undone(threshold: Threshold, value_ms: float, own: OwnDelay | None) -> bool:
    """Whether a time decides otherwise without what may be the generator's own.

    The fastest of all answers waited least: a minimum has none of it. A floor asks for what was
    there to wait for, so that it is undone by delays that were measured, and not by a share that
    stands for those that nobody knows.
    """
    if own is None or threshold.aggregation == "min":
        return False
    is_floor = threshold.relation[0] == ">"
    rest_ms = max(0.0, value_ms - (own.ms if is_floor else own.of_ms(value_ms)))
    if threshold.relation[0] in "=!":
        return rest_ms <= threshold.bound <= value_ms
    return threshold.holds(rest_ms) is not threshold.holds(value_ms)


def _holds_below(threshold: Threshold, value: float) -> bool:
    """Whether all that is less than a value keeps the bound as it does, or breaks it as it does."""
    match threshold.relation[0]:
        case "<":
            return threshold.holds(value)
        case ">":
            return not threshold.holds(value)
        case _:
            return value < threshold.bound
