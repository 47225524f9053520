"""Where nobody says how many requests may fail, an experiment whose requests fail is not Passed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.own_script import ScriptBound, ScriptFacts
from loadlab.model.resources import Trial
from loadlab.model.status import CriterionOutcome, LoadExperimentStatus, Validity, Verdict
from loadlab.validity.judged_trial import JudgedTrial, dump_trial
from loadlab.validity.judgement import Family, Judgement, Reason, ReasonKind
from tests.unit.analysis.analysed import analyze
from tests.unit.analysis.test_summary import FAILS, VALID, WINS, measured, plan_of

MANY = {"name": "few", "metric": "http_req_failed", "threshold": "rate<0.6"}
DEAD = Reason(ReasonKind.NO_SUCCESS, Validity.INVALID, "none succeeded", Family.SERVICE)
FAST = {"name": "fast", "metric": "http_reqs", "threshold": "rate>1"}


def analyzed(
    failed: dict[str, float],
    *expectations: dict[str, Any],
    criteria: Sequence[dict[str, str]] = (),
    script: ScriptFacts | None = None,
) -> LoadExperimentStatus:
    """Three trials of each variant, 10,000 requests each, of which so large a share failed."""
    plan, trials = plan_of(*expectations, criteria=criteria), []
    for planned in plan.trials:
        share = round(failed.get(planned.cell.variant, 0.0) * 10_000)
        found = replace(
            measured(1000.0),
            failed=share,
            status={"2xx": 10_000 - share, "5xx": share},
            script=script,
        )
        stored = dump_trial(JudgedTrial(found, VALID))
        state = {"status": {"phase": "Succeeded", "measurement": stored}}
        trials.append(Trial.model_validate(plan.trial_manifest(planned) | state))
    return analyze(plan, tuple(trials))


@pytest.mark.parametrize("criteria", [[], [FAST]], ids=["no criteria", "one on something else"])
def test_a_third_of_failures_that_nobody_asked_for_is_no_pass(criteria):
    status = analyzed({"sync": 0.3}, criteria=criteria)

    (found,) = [each for each in status.criteria if each.name == "requests-succeed"]
    assert status.verdict is Verdict.FAILED
    assert found.outcome is CriterionOutcome.FAILED
    assert (found.threshold, found.value) == ("rate<=0.01", "0.3")
    assert found.cell.startswith("sync/")
    assert "http_req_failed" in found.note
    assert status.best is not None
    assert status.best.cell.startswith("async/")


def test_where_every_cell_fails_nothing_is_recommended():
    status = analyzed({"sync": 0.3, "async": 0.3})

    assert status.best is None
    assert "No cell is recommended" in " ".join(status.recommendation)


@pytest.mark.parametrize("share", [0.0, 0.005, 0.01])
def test_few_failures_are_of_no_matter(share):
    status = analyzed({"sync": share})

    assert (status.verdict, status.criteria) == (Verdict.PASSED, ())


def test_whoever_says_how_many_may_fail_is_believed():
    asked = analyzed({"sync": 0.3}, criteria=[MANY])
    expected = analyzed({"sync": 0.3}, FAILS | {"atMost": 0.5})
    other = analyzed({"sync": 0.3}, WINS)

    assert (asked.verdict, len(asked.criteria)) == (Verdict.PASSED, 1)
    assert (expected.verdict, expected.criteria) == (Verdict.PASSED, ())
    assert other.verdict is Verdict.FAILED


@pytest.mark.parametrize("metric", ["http_req_failed", "checks"])
def test_a_threshold_of_the_script_on_failures_is_asked_enough(metric):
    value = 0.7 if metric == "checks" else None
    bound = ScriptBound(metric=metric, threshold="rate<0.9", value=value)

    status = analyzed({"sync": 0.3}, script=ScriptFacts(bounds=(bound,)))

    assert "requests-succeed" not in {each.name for each in status.criteria}


def by_replicate(*shares: float, requests: int = 10_000) -> LoadExperimentStatus:
    """Hold trials of which so large shares failed; one without any success is the service's."""
    plan, trials = plan_of(), []
    for planned in plan.trials:
        share = shares[planned.replicate - 1] if planned.cell.variant == "sync" else 0.0
        failed = round(share * requests)
        found = replace(
            measured(1000.0),
            requests=requests,
            failed=failed,
            status={"2xx": requests - failed, "5xx": failed},
            latency=Histogram.of([10_000] * (requests - failed)),
        )
        judgement = VALID if failed < requests else Judgement((DEAD,))
        stored = dump_trial(JudgedTrial(found, judgement))
        state = {"status": {"phase": "Succeeded", "measurement": stored}}
        trials.append(Trial.model_validate(plan.trial_manifest(planned) | state))
    return analyze(plan, tuple(trials))


@pytest.mark.parametrize(
    "shares", [(0.0, 1.0, 1.0), (0.05, 0.3, 0.02), (1.0, 1.0, 1.0), (0.0, 0.0, 0.04)]
)
def test_replicates_that_fail_unequally_fail_all_the_same(shares):
    """The share of 67 % [0, 100 %] was not surely above 1 %: Passed, and the cell was the best."""
    status = by_replicate(*shares)

    (found,) = [each for each in status.criteria if each.name == "requests-succeed"]
    assert (found.outcome, status.verdict) == (CriterionOutcome.FAILED, Verdict.FAILED)
    assert status.best is not None
    assert status.best.cell.startswith("async/")
    assert "sync/workers=1" not in status.best.tied_with


def test_of_so_few_requests_that_nobody_knows_it_is_undecided():
    """3 of 150: 2 % [0.4 %, 5.7 %]."""
    status = by_replicate(0.02, 0.02, 0.02, requests=50)

    (found,) = [each for each in status.criteria if each.name == "requests-succeed"]
    assert (found.outcome, status.verdict) == (CriterionOutcome.INCONCLUSIVE, Verdict.INCONCLUSIVE)
    assert "measure longer" in found.note
    assert len(found.note) <= 200
