"""What every service is held to where nobody says otherwise: that its requests succeed.

Without any criterion an experiment of which a third of the requests failed had the verdict Passed.
So a bound on failures stands in for one that nobody wrote, and in the status where it is broken.
"""

from collections.abc import Iterable, Sequence

from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.criteria import Threshold, judge_criterion
from loadlab.analysis.fairness import MATERIAL_FAILURES
from loadlab.analysis.shares import exact_interval
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.criteria import Metric
from loadlab.model.spec.expectations import FigureName
from loadlab.model.status import CriterionOutcome, CriterionResult, ResultRow

NAME = "requests-succeed"
_BOUND = Threshold(Metric.HTTP_REQ_FAILED, "rate", "<=", MATERIAL_FAILURES)
_NOTE = (
    "no criterion says how many requests may fail, and more than 1 % did: where failures are "
    "meant, set a criterion on http_req_failed"
)
_SPEAKS = ("http_req_failed", "checks")  # what a threshold of a script on failures is about


def breaks_what_nobody_asked(
    spec: LoadExperimentSpec, rows: Sequence[ResultRow], script: Iterable[CriterionResult] = ()
) -> list[ResultRow]:
    """Return the rows of which more requests failed than is of no matter, by more than chance.

    None where a criterion, an expectation or a threshold of the script says how many may.
    """
    if speaks_of_failures(spec) or any(each.threshold.startswith(_SPEAKS) for each in script):
        return []
    return [row for row in rows if _surely_failed(row) > MATERIAL_FAILURES]


def judge_unasked(broken: Sequence[ResultRow]) -> tuple[CriterionResult, ...]:
    """Return the criterion that the rows break; none where none does."""
    if not broken:
        return ()
    found = {
        row.cell.title(): CellOutcome(CriterionOutcome.FAILED, row.failed_rate) for row in broken
    }
    judged = judge_criterion(NAME, _BOUND, found)
    return (judged.model_copy(update={"note": _NOTE}),)


def speaks_of_failures(spec: LoadExperimentSpec) -> bool:
    """Whether a criterion or an expectation is about how many requests fail."""
    asked = any(each.metric is Metric.HTTP_REQ_FAILED for each in spec.success_criteria)
    return asked or any(FigureName.FAILED_RATE in each.figures for each in spec.expectations)


def _surely_failed(row: ResultRow) -> float:
    """The least share of a row's requests that fails, whatever chance had to do with it, 0..1."""
    if not row.requests or not row.failed_rate or not row.replicates.valid:
        return 0.0
    if row.failed_low is not None:
        return row.failed_low
    return exact_interval(round(row.failed_rate * row.requests), row.requests)[0]
