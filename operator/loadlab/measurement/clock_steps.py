"""Whether a wall clock was set while a load was measured: by NTP, by hand, or as a machine woke up.

k6 times its requests by its node's: those under way at that moment are longer or shorter by as
much, some below nothing. The window lies between moments of that clock, and what components used
between two of the steward's. So all rates are wrong by the share of the window that it was set by.
"""

from collections.abc import Iterator, Sequence

from loadlab.measurement import bounds
from loadlab.measurement.documents import MEASURED_SCENARIO
from loadlab.measurement.pod_log import PodProblem, PodReport, ProblemKind


def steps_of_clocks(reports: Sequence[PodReport]) -> Iterator[PodProblem]:
    """Say of which node the clock was set, and by how much."""
    for report in reports:
        scenarios = report.document.scenarios if report.document else {}
        if (measured := scenarios.get(MEASURED_SCENARIO)) is not None:
            used = measured.generator
            yield from _told(f"of pod {report.pod}", used.clock_step_us / 1e6, used.wall_seconds)
    yield from _of_the_steward(reports)


def _of_the_steward(reports: Sequence[PodReport]) -> Iterator[PodProblem]:
    for report in reports:
        start, end = report.start, report.end
        if start is None or end is None:
            continue
        if start.steady_seconds is None or end.steady_seconds is None:
            continue
        lasted = end.steady_seconds - start.steady_seconds
        if lasted >= 0:  # else it is another node's, where nobody knows
            yield from _told("of the steward", abs(end.taken_at - start.taken_at - lasted), lasted)


def _told(whose: str, step: float, lasted: float) -> Iterator[PodProblem]:
    bound = bounds.CLOCK_STEP_SECONDS + bounds.CLOCK_DRIFT * max(0.0, lasted)
    if step > bound:
        yield PodProblem(
            ProblemKind.CLOCK_STEPPED,
            f"the clock of the node {whose} was set by {step:.3f} s while it was measured, bound "
            f"{bound:.3f} s: latencies and rates are wrong by as much; let NTP slew it (chrony: "
            "makestep for the first updates only), or see whether the machine was suspended",
        )
