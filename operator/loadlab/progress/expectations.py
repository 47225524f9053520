"""The expectations of an experiment and what its trials say about them, as the status tells it."""

from collections.abc import Iterable

from loadlab.model.outcomes import ExpectationResult
from loadlab.model.resources import Trial
from loadlab.plan import Plan
from loadlab.results.expectation import Finding, Replicate, judge_expectation
from loadlab.results.stored import load_trial

DIGITS = 5  # that count
MAX_NOTE = 500


def expectation_results(plan: Plan, trials: Iterable[Trial]) -> tuple[ExpectationResult, ...]:
    """Judge every expectation; the experiment's verdict is about its criteria and stays apart."""
    expectations = plan.context.spec.expectations
    if not expectations:
        return ()
    replicates = [
        Replicate(trial.spec.cell, trial.spec.replicate, load_trial(trial.status.measurement))
        for trial in trials
        if trial.status.measurement
    ]
    return tuple(_result(judge_expectation(e, plan.cells, replicates)) for e in expectations)


def _result(finding: Finding) -> ExpectationResult:
    expectation, estimate = finding.expectation, finding.estimate
    mean = _rounded(estimate.mean if estimate else None)
    return ExpectationResult(
        name=expectation.name,
        figure=expectation.title,
        expected=expectation.bounds,
        published=expectation.published,
        ratio=mean if expectation.ratio else None,
        value=mean if expectation.metric else None,
        low=_rounded(estimate.low if estimate else None),
        high=_rounded(estimate.high if estimate else None),
        replicates=finding.blocks,
        outcome=finding.outcome.value,
        note=finding.note[:MAX_NOTE],
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
