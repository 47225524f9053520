"""The experiment's verdict, and what it comes from.

The first that holds:

| verdict      | when                                                               |
|--------------|--------------------------------------------------------------------|
| Failed       | a criterion failed in some cell (that on failures also where       |
|              | nobody wrote it, see `unasked`), a service did not carry the       |
|              | offered load, it ended by itself under it, it showed staler reads  |
|              | than its variant declares, or in some replicate it lost writes,    |
|              | skipped work, or did not get done what it was asked for            |
| Error        | no cell has a usable replicate: nothing was measured               |
| Inconclusive | a criterion could not be decided, some cell is Invalid, a replicate |
|              | left too many requests without an answer to be used, or the nodes  |
|              | were not quiet                                                     |
| Passed       | every criterion holds in every cell (also when there is none)      |

What is no criterion is a `Cause`, which names its cell: `loadlab gate` tells the same ones.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from loadlab.analysis.spoiled import broken_in_spoiled, left_open_in_spoiled
from loadlab.model.status import (
    ConditionType,
    CriterionOutcome,
    CriterionResult,
    LoadExperimentStatus,
    LoadOutcome,
    ResultRow,
    Truth,
    Validity,
    Verdict,
    find,
)

_WORST_FIRST = (Verdict.FAILED, Verdict.ERROR, Verdict.INCONCLUSIVE)
_OF_CRITERION = {
    CriterionOutcome.FAILED: Verdict.FAILED,
    CriterionOutcome.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    CriterionOutcome.PASSED: Verdict.PASSED,
}


@dataclass(frozen=True, slots=True)
class Cause:
    """What keeps an experiment from Passed beside its criteria, and the verdict that it makes."""

    verdict: Verdict
    name: str  # what it is about, such as the load of a cell
    message: str


def decide_verdict(
    rows: Sequence[ResultRow], criteria: Sequence[CriterionResult], *, quiet: bool = True
) -> Verdict:
    """Judge the experiment from its cells and the outcomes of its criteria."""
    causes = (cause.verdict for cause in causes_of(rows, quiet=quiet))
    return worst([*causes, *(_OF_CRITERION[criterion.outcome] for criterion in criteria)])


def causes_of(rows: Sequence[ResultRow], *, quiet: bool) -> Iterator[Cause]:
    """Yield all that keeps cells from Passed, whatever the criteria say."""
    for row in rows:
        yield from broken_promises(row)
    if not any(row.replicates.valid for row in rows):
        yield Cause(Verdict.ERROR, "results", "no cell has a usable replicate")
    for row in rows:
        if row.validity is Validity.INVALID:
            why = "; ".join(row.reasons) or "its replicates may not be used"
            name = f"validity of {row.cell.title()}"
            yield Cause(Verdict.INCONCLUSIVE, name, f"{row.validity}: {why}")
    if not quiet:
        yield NOT_QUIET


NOT_QUIET = Cause(
    Verdict.INCONCLUSIVE, "quiet nodes", "others used the nodes' CPUs during too many runs"
)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that stands, of several."""
    known = set(verdicts)
    return next((verdict for verdict in _WORST_FIRST if verdict in known), Verdict.PASSED)


def is_quiet(status: LoadExperimentStatus) -> bool:
    """Whether the nodes were, as far as is known."""
    condition = find(status.conditions, ConditionType.QUIET)
    return condition is None or condition.status is not Truth.FALSE


def keeps_its_promises(row: ResultRow) -> bool:
    """Whether a cell did its work in every replicate: no crash, no stale read, nothing left out."""
    return not any(broken_promises(row))


def broken_promises(row: ResultRow) -> Iterator[Cause]:
    """Yield what a cell did not do, or is not known to have done, whatever its criteria are."""
    title, counts = row.cell.title(), row.replicates
    if row.load is LoadOutcome.OVERLOADED:
        where = f" in {counts.overloaded} of {counts.valid} replicates" if counts.overloaded else ""
        message = f"{row.load}: the offered load was not carried{where}"
        yield Cause(Verdict.FAILED, f"load of {title}", message)
    if row.crashes:
        message = f"the service ended by itself under its load, {_times(row.crashes)}"
        yield Cause(Verdict.FAILED, f"crashes of {title}", message)
    if row.work is not None and row.work.stale_reads:
        message = f"reads staler than the variant declares: {row.work.stale_reads:,}"
        yield Cause(Verdict.FAILED, f"stale reads of {title}", message)
    for reason in broken_in_spoiled(row):
        yield Cause(Verdict.FAILED, f"work of {title}", reason)
    for reason in left_open_in_spoiled(row):
        yield Cause(Verdict.INCONCLUSIVE, f"answers of {title}", reason)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
