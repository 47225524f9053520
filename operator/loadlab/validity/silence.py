"""Nodes that were cut off while the load went on, and answered at both of its ends.

The steward holds a connection to each pod, of which the kernels alone make use: they hear each
other also where the service stands still. While they do not, nothing can be said of the service,
unless the generator was answered meanwhile: then the steward alone was cut off.
"""

from collections.abc import Iterator

from loadlab.base.names import Component
from loadlab.measurement.usage import SilentTime
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity import bounds
from loadlab.validity.judgement import Reason, ReasonKind, invalid

ASKED_EVERY = 1.0  # s: so long after the last answer the way may still have been open


def silent_nodes(trial: TrialMeasurement) -> Iterator[Reason]:
    """Name the components whose nodes did not answer for a while."""
    for name, silence in trial.silences.items():
        if silence.seconds < bounds.SILENT_SECONDS or _is_answered(trial, name, silence):
            continue
        ran = trial.ran.get(name)
        where = f" (on node {', '.join(ran.nodes)})" if ran and ran.nodes else ""
        yield invalid(
            ReasonKind.CUT_OFF,
            f"the kernel of {name}{where} answered nobody for {silence.seconds:.1f} s, bound "
            f"{bounds.SILENT_SECONDS:.0f} s: its node was cut off meanwhile, and the failures and "
            "latencies of that time are not its own",
        )


def _is_answered(trial: TrialMeasurement, name: str, silence: SilentTime) -> bool:
    """Whether the generator had good answers meanwhile.

    Of several pods the others answer, and with a worker no generator speaks.
    """
    ran = trial.ran.get(name)
    if name != Component.SERVICE or trial.series is None or (ran and ran.pods > 1):
        return False
    begin, end = silence.since + ASKED_EVERY, silence.since + silence.seconds
    return any(line.requests > line.failed for line in trial.series.between(begin, end))
