"""Components whose container was started again between the snapshots, as their pods tell it.

The counters of the new process begin at 0 and may be above those of the former by the end, so that
nothing in the snapshots shows it: what was done in between is not known.
"""

from collections.abc import Mapping, Set
from dataclasses import replace

from loadlab.measurement.documents import Snapshot
from loadlab.measurement.pod_log import PodReport
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.usage import ComponentUsage


def begun_anew(report: PodReport, components: Set[str]) -> PodReport:
    """Return a report without what these components told as the measurement began."""
    if report.start is None or not components & report.start.components.keys():
        return report
    return replace(report, start=_without(report.start, components))


def _without(snapshot: Snapshot, components: Set[str]) -> Snapshot:
    kept = {name: each for name, each in snapshot.components.items() if name not in components}
    return snapshot.model_copy(update={"components": kept})


def mark_restarted(
    components: Mapping[str, ComponentUsage], ran: Mapping[str, RanAs]
) -> dict[str, ComponentUsage]:
    """Return the usage with a mark on those whose container was started again."""
    again = {name for name, each in ran.items() if each.restarted}
    return {
        name: replace(usage, restarted=usage.restarted or name in again)
        for name, usage in components.items()
    }
