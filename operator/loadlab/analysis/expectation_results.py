"""The expectations of an experiment and what its trials say about them, as the status tells it."""

from collections.abc import Iterable, Sequence

from loadlab.analysis.expectation import Finding, Replicate, judge_expectation
from loadlab.catalogue import Cell
from loadlab.model.spec.expectations import Expectation
from loadlab.model.status import ExpectationResult

MAX_NOTE = 500


def expectation_results(
    expectations: Iterable[Expectation], cells: Sequence[Cell], replicates: Sequence[Replicate]
) -> tuple[ExpectationResult, ...]:
    """Judge every expectation; the experiment's verdict is about its criteria and stays apart."""
    return tuple(_result(judge_expectation(e, cells, replicates)) for e in expectations)


def _result(finding: Finding) -> ExpectationResult:
    expectation, estimate = finding.expectation, finding.estimate
    mean = estimate.mean if estimate else None
    return ExpectationResult(
        name=expectation.name,
        figure=expectation.title,
        expected=expectation.bounds,
        published=expectation.published,
        ratio=mean if expectation.ratio else None,
        value=mean if expectation.metric else None,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        replicates=finding.blocks,
        outcome=finding.outcome.value,
        note=finding.note[:MAX_NOTE],
    )
