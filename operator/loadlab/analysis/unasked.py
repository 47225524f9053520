"""What every service is held to where nobody says otherwise: that its requests succeed.

Without any criterion an experiment of which a third of the requests failed had the verdict Passed.
So a bound on failures stands in for one that nobody wrote, and in the status where it is broken, or
where so few requests leave open whether it is.
"""

from collections.abc import Iterable, Sequence

from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.criteria import judge_criterion
from loadlab.analysis.fairness import MATERIAL_FAILURES
from loadlab.analysis.shares import exact_interval
from loadlab.analysis.threshold import Threshold
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
_NOTE_OF_FEW = (
    "no criterion says how many requests may fail, and of so few nobody knows whether more than "
    "1 % do: measure longer, or set a criterion on http_req_failed"
)
_SPEAKS = ("http_req_failed", "checks")  # what a threshold of a script on failures is about


def breaks_what_nobody_asked(
    spec: LoadExperimentSpec, rows: Sequence[ResultRow], script: Iterable[CriterionResult] = ()
) -> list[ResultRow]:
    """Return the rows of which more requests failed than is of no matter, by chance or not.

    Also where no replicate can be used, as nothing succeeded in any. None where a criterion, an
    expectation or a threshold of the script says how many may.
    """
    if speaks_of_failures(spec) or any(each.threshold.startswith(_SPEAKS) for each in script):
        return []
    return [row for row in rows if row.requests and (row.failed_rate or 0.0) > MATERIAL_FAILURES]


def judge_unasked(broken: Sequence[ResultRow]) -> tuple[CriterionResult, ...]:
    """Return the criterion that the rows break, or may break; none where none does."""
    if not broken:
        return ()
    found = {
        row.cell.title(): CellOutcome(
            CriterionOutcome.FAILED if _surely_breaks(row) else CriterionOutcome.INCONCLUSIVE,
            row.failed_rate,
        )
        for row in broken
    }
    judged = judge_criterion(NAME, _BOUND, found)
    note = _NOTE if judged.outcome is CriterionOutcome.FAILED else _NOTE_OF_FEW
    return (judged.model_copy(update={"note": note}),)


def speaks_of_failures(spec: LoadExperimentSpec) -> bool:
    """Whether a criterion or an expectation is about how many requests fail."""
    asked = any(each.metric is Metric.HTTP_REQ_FAILED for each in spec.success_criteria)
    return asked or any(FigureName.FAILED_RATE in each.figures for each in spec.expectations)


def _surely_breaks(row: ResultRow) -> bool:
    """Whether more failed than may, whatever chance had to do with it.

    By the exact interval of the count: that of the share reaches as far as the replicates lie
    apart, to 0 where some were dead and others well, and what the dead ones did would be undone.
    """
    failed = round((row.failed_rate or 0.0) * row.requests)
    return exact_interval(failed, row.requests)[0] > MATERIAL_FAILURES
