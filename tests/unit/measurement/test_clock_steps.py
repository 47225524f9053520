"""A clock that is set while a load is measured bends all figures: the trial is void."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.documents import K6Document
from loadlab.measurement.pod_log import PodReport, ProblemKind
from loadlab.measurement.trial import VoidTrial, measure_trial
from loadlab.plan.expected import LoadFacts
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind

BuildReport = Callable[..., PodReport]
LOAD = LoadFacts(open_model=False, virtual_users=4, duration_seconds=10.0)


def stepped(document: dict[str, Any], seconds: float) -> K6Document:
    """As k6 tells that its node's clock was set by so much."""
    told = copy.deepcopy(document)
    told["scenarios"]["measure"]["generator"]["clockStepUs"] = round(seconds * 1e6)
    return K6Document.model_validate(told)


def steady(report: PodReport, differs: float, begins: float = 5_000.0) -> PodReport:
    """As the steward tells its two moments: by a steady clock they lie so much further apart."""
    start, end = report.start, report.end
    assert start is not None
    assert end is not None
    lasted = end.taken_at - start.taken_at + differs
    return replace(
        report,
        start=start.model_copy(update={"steady_seconds": begins}),
        end=end.model_copy(update={"steady_seconds": begins + lasted}),
    )


def problems(report: PodReport) -> list[tuple[ProblemKind, str]]:
    outcome = measure_trial([report], 1, LOAD)
    found = outcome.problems if isinstance(outcome, VoidTrial) else ()
    return [(problem.kind, problem.message) for problem in found]


def test_a_clock_that_was_set_while_it_was_measured_voids_the_trial(report: BuildReport, document):
    """Throughput of ten seconds was off by a tenth, with latencies below nothing, and Valid."""
    outcome = measure_trial([replace(report(document), document=stepped(document, 1.0))], 1, LOAD)
    judgement = judge(outcome)

    assert judgement.is_void
    assert [reason.kind for reason in judgement.reasons] == [ReasonKind.CLOCK_STEPPED]
    assert "was set by 1.000 s while it was measured, bound 0.030 s" in judgement.reasons[0].message


@pytest.mark.parametrize("differs", [3.0, -3.0, 0.04])
def test_so_does_the_stewards_by_which_it_is_known_what_components_used(report, document, differs):
    [(kind, message)] = problems(steady(report(document), differs))

    assert kind is ProblemKind.CLOCK_STEPPED
    assert "the clock of the node of the steward was set by" in message


@pytest.mark.parametrize("differs", [0.0, 0.02, -0.02])
def test_what_ntp_slews_a_clock_by_is_no_step(report, document, differs):
    found = replace(steady(report(document), differs), document=stepped(document, abs(differs)))

    assert problems(found) == []


def test_where_nobody_looked_nothing_is_said(report, document):
    """Of a steward that was replaced the clocks are two nodes'; an earlier one tells none."""
    assert problems(report(document)) == []
    assert problems(steady(report(document), -6_000.0)) == []
