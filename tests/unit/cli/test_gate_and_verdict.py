"""The exit code of a gate and its JUnit file say the same, and what the verdict says, too."""

from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.search_outcome import verdict_of
from loadlab.analysis.verdict import decide_verdict
from loadlab.cli.experiment import ExitCode, Experiment
from loadlab.cli.gate import Check, FailOn, Outcome, checks_of, exit_code
from loadlab.cli.junit import build_junit
from loadlab.model.status import (
    CellCapacity,
    ComparisonOutcome,
    CriterionOutcome,
    LoadExperimentStatus,
    LoadOutcome,
    SearchEnd,
    StepOutcome,
    Validity,
    Verdict,
)
from tests.unit.cli.conftest import FINISHED, SINCE, row

Resource = dict[str, Any]


def one_of(words: type[Any]) -> st.SearchStrategy[str]:
    return st.sampled_from([str(word) for word in words])


ROWS = st.builds(
    lambda load, crashes, stale, validity: row(
        "sync",
        1105.2,
        88.0,
        load=load,
        crashes=crashes,
        work={"staleReads": stale},
        validity=validity,
        replicates={"planned": 3, "valid": 0 if validity == Validity.INVALID else 3},
    ),
    st.none() | one_of(LoadOutcome),
    st.sampled_from([None, 0, 2]),
    st.sampled_from([None, 0, 7]),
    one_of(Validity),
)
CRITERIA = st.builds(
    lambda outcome: {"name": "tail", "threshold": "p(95)<500", "outcome": outcome},
    one_of(CriterionOutcome),
)
COMPARISONS = st.builds(
    lambda outcome, why: {
        "figure": "cpuMicros", "of": "b", "over": "a", "ratio": 1.1, "blocks": 5,
        "outcome": outcome, "why": why if outcome == "Inconclusive" else None,
    },
    one_of(ComparisonOutcome),
    st.sampled_from([None, "one of the two is a bound"]),
)  # fmt: skip
CAPACITIES = st.builds(
    CellCapacity,
    cell=st.just("sync"),
    at_least=st.sampled_from([None, 400.0]),
    at_least_trials=st.integers(0, 2),
    below_trials=st.integers(0, 2),
    below_outcome=st.none() | st.sampled_from(StepOutcome),
    ended=st.none() | st.sampled_from(SearchEnd),
)


@st.composite
def experiments(draw: st.DrawFn) -> Resource:
    is_quiet = draw(st.booleans())
    status: Resource = {
        "phase": draw(st.sampled_from(["Succeeded", "Succeeded", "Terminated", "Running"])),
        "results": draw(st.lists(ROWS, max_size=3)),
        "criteria": draw(st.lists(CRITERIA, max_size=2)),
        "comparisons": draw(st.lists(COMPARISONS, max_size=3)),
        "omitted": draw(st.sampled_from([[], ["proof of work"], ["comparisons"]])),
    }
    quiet = {"type": "Quiet", "status": str(is_quiet), "reason": "Quiet"}
    is_finished = status["phase"] != "Running"
    status["conditions"] = [each | SINCE for each in [quiet, *([FINISHED] * is_finished)]]
    if draw(st.booleans()):
        found = draw(st.lists(CAPACITIES, min_size=1, max_size=2))
        status["capacity"], status["criteria"] = [each.dump() for each in found], []
        verdict = verdict_of(found, quiet=is_quiet)
    else:
        read = LoadExperimentStatus.model_validate(status)
        verdict = decide_verdict(read.results, read.criteria, quiet=is_quiet)
    if "proof of work" in status["omitted"]:
        status["results"] = [each | {"work": None} for each in status["results"]]
    return {"metadata": {"name": "select", "namespace": "lab"}, "status": status | {
        "verdict": str(verdict)}}  # fmt: skip


@given(experiments(), st.sampled_from(FailOn))
def test_a_code_says_what_the_file_says(resource, fail_on):
    experiment = Experiment.of(resource)
    checks = checks_of(experiment, fail_on)
    code = exit_code(experiment, checks)

    (suite,) = Xml.fromstring(build_junit(experiment, checks))
    failures, errors = (int(suite.get(count, "")) for count in ("failures", "errors"))

    assert (code is ExitCode.CRITERIA_FAILED) == (failures > 0)
    if code in {ExitCode.ERROR, ExitCode.NOT_FINISHED}:
        assert [check.name for check in checks] == ["finished"]
        assert errors == 1
    else:
        assert (code is ExitCode.INCONCLUSIVE) == (errors > 0 and not failures)


@given(experiments())
def test_without_comparisons_the_code_is_that_of_the_verdict(resource):
    """So `loadlab wait` and `loadlab gate --fail-on criteria` never disagree."""
    experiment = Experiment.of(resource)

    assert exit_code(experiment, checks_of(experiment, FailOn.CRITERIA)) is experiment.exit_code


def checked(resource: Resource, verdict: Verdict, **changes: Any) -> list[Check]:
    """What the gate tells of an experiment beside its end, its first cell changed."""
    del resource["status"]["results"][2]
    resource["status"]["verdict"] = str(verdict)
    resource["status"]["results"][0] |= changes
    found = checks_of(Experiment.of(resource), FailOn.CRITERIA)
    return [each for each in found if each.outcome is not Outcome.PASSED]


SYNC = "sync/workers=2/virtualUsers=64"


@pytest.mark.parametrize(
    ("changes", "name", "message"),
    [
        (
            {"load": "Overloaded", "replicates": {"planned": 3, "valid": 3, "overloaded": 2}},
            f"load of {SYNC}",
            "Overloaded: the offered load was not carried in 2 of 3 replicates",
        ),
        (
            {"crashes": 1},
            f"crashes of {SYNC}",
            "the service ended by itself under its load, once",
        ),
        (
            {"work": {"staleReads": 1200}},
            f"stale reads of {SYNC}",
            "reads staler than the variant declares: 1,200",
        ),
    ],
)
def test_a_failed_verdict_without_a_criterion_names_its_cell(finished, changes, name, message):
    """It was exit code 3 with nothing but `passed:` lines, and a green JUnit file."""
    assert checked(finished, Verdict.FAILED, **changes) == [Check(name, Outcome.FAILED, message)]


def test_an_undecided_verdict_names_the_cell_that_is_invalid(finished):
    found = checked(finished, Verdict.INCONCLUSIVE, validity="Invalid", reasons=["Late: 2 s"])

    assert found == [Check(f"validity of {SYNC}", Outcome.UNDECIDED, "Invalid: Late: 2 s")]


def test_a_regression_beside_an_invalid_cell_fails(finished):
    """It was 4, beside a failure in the file: who lets 4 pass let it through."""
    finished["status"] |= {"verdict": "Inconclusive", "comparisons": [
        {"figure": "cpuMicros", "of": "b", "over": "a", "ratio": 1.1, "blocks": 5,
         "outcome": "Regressed"}]}  # fmt: skip
    experiment = Experiment.of(finished)

    code = exit_code(experiment, checks_of(experiment, FailOn.REGRESSED))

    assert code is ExitCode.CRITERIA_FAILED


def test_a_verdict_whose_cause_the_status_left_out_is_a_check_itself(finished):
    finished["status"]["omitted"] = ["proof of work"]

    assert checked(finished, Verdict.FAILED) == [
        Check("verdict", Outcome.FAILED, "Failed: why is not in the status, but in its trials")
    ]
