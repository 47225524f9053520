"""Why the reports of a run's generators make no measurement."""

from collections import Counter
from collections.abc import Sequence

from loadlab.measurement.clock_steps import steps_of_clocks
from loadlab.measurement.documents import MEASURED_SCENARIO, K6Document
from loadlab.measurement.pod_log import PodProblem, PodReport, ProblemKind
from loadlab.model.status.evidence import LAST_WORDS


def problems_of(reports: Sequence[PodReport], expected_pods: int) -> tuple[PodProblem, ...]:
    """Return why the reports of a run make no measurement; nothing where they do."""
    found = [report.problem for report in reports if report.problem]
    if len(reports) != expected_pods:
        found.append(
            PodProblem(
                ProblemKind.DOCUMENT_MISSING,
                f"{len(reports)} of {expected_pods} k6 pods handed in a log: one was deleted "
                "or never created",
            )
        )
    segments = Counter(r.document.segment for r in reports if r.document)
    if expected_pods > 1 and any(n > 1 for n in segments.values()):
        found.append(
            PodProblem(
                ProblemKind.DOCUMENT_BROKEN,
                f"two k6 pods ran the same segment of the load ({segments.most_common(1)[0][0]}): "
                "the load was not the planned one",
            )
        )
    found.extend(_unmeasured(r) for r in reports if r.document and not was_measured(r.document))
    found.extend(steps_of_clocks(reports))
    return tuple(dict.fromkeys(found))


def was_measured(document: K6Document) -> bool:
    """Whether a pod sent any of the load that is measured."""
    return MEASURED_SCENARIO in document.scenarios


def _unmeasured(report: PodReport) -> PodProblem:
    return report.problem or PodProblem(
        ProblemKind.DOCUMENT_BROKEN,
        f"pod {report.pod} has no sample of the scenario {MEASURED_SCENARIO}: its script stopped "
        f"before, or the target never answered; {LAST_WORDS}",
    )


def never_measured() -> PodProblem:
    """Say that there is no report at all."""
    return PodProblem(ProblemKind.DOCUMENT_MISSING, "no k6 pod was expected and none reported")
