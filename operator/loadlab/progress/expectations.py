"""The expectations of an experiment and what its trials say about them, as the status tells it."""

from collections.abc import Sequence

from loadlab.model.outcomes import ExpectationResult
from loadlab.plan import Plan
from loadlab.results.expectation import Finding, Replicate, judge_expectation

MAX_NOTE = 500


def expectation_results(
    plan: Plan, replicates: Sequence[Replicate]
) -> tuple[ExpectationResult, ...]:
    """Judge every expectation; the experiment's verdict is about its criteria and stays apart."""
    expectations = plan.context.spec.expectations
    return tuple(_result(judge_expectation(e, plan.cells, replicates)) for e in expectations)


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
