"""A pipeline fails by what was measured and did not hold, and says by what."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from loadlab.cli.experiment import ExitCode, Experiment
from loadlab.cli.gate import FailOn, checks_of, exit_code
from loadlab.cli.junit import build_junit

Resource = dict[str, Any]


@pytest.fixture
def finished(finished: Resource) -> Resource:
    """The experiment without its Invalid cell, so that it may pass."""
    del finished["status"]["results"][2]
    return finished


def comparison(outcome: str, **other: Any) -> Resource:
    return {
        "figure": "cpuMicros",
        "of": "after/workers=1",
        "over": "before/workers=1",
        "ratio": 1.1,
        "low": 1.08,
        "high": 1.12,
        "blocks": 10,
        "p": 0.0004,
        "outcome": outcome,
        **other,
    }


def run(resource: Resource, fail_on: FailOn, *comparisons: Resource) -> tuple[int, Xml.Element]:
    """The exit code, and the suite of the JUnit file."""
    resource["status"]["comparisons"] = list(comparisons)
    experiment = Experiment.of(resource)
    checks = checks_of(experiment, fail_on)
    (suite,) = Xml.fromstring(build_junit(experiment, checks))
    return exit_code(experiment, checks), suite


def told(suite: Xml.Element, tag: str) -> list[tuple[str | None, str | None]]:
    return [
        (case.get("name"), found.get("message"))
        for case in suite
        if (found := case.find(tag)) is not None
    ]


def test_a_regression_fails_where_it_is_asked_for(finished):
    code, suite = run(finished, FailOn.REGRESSED, comparison("Regressed"))

    assert code == ExitCode.CRITERIA_FAILED
    assert suite.get("failures") == "1"
    assert told(suite, "failure") == [
        (
            "comparison cpuMicros of after/workers=1 over before/workers=1",
            "1.1 [1.08, 1.12] in CPU µs/req (Regressed), p 0.0004, 10 replicates",
        )
    ]


def test_a_regression_fails_nothing_where_variants_are_only_compared(finished):
    code, suite = run(finished, FailOn.CRITERIA, comparison("Regressed"))

    assert code == ExitCode.PASSED
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")


@pytest.mark.parametrize(
    ("fail_on", "expected", "tag"),
    [
        (FailOn.REGRESSED, ExitCode.PASSED, "skipped"),
        (FailOn.INCONCLUSIVE, ExitCode.INCONCLUSIVE, "error"),
    ],
)
def test_what_could_not_be_told_is_said(finished, fail_on, expected, tag):
    unknown = comparison("Inconclusive", blocksNeeded=24)

    code, suite = run(finished, fail_on, unknown)

    assert code == expected
    ((_, message),) = told(suite, tag)
    assert message is not None
    assert message.endswith("a claim would take 24 replicates")


@pytest.mark.parametrize("outcome", ["Improved", "Equivalent"])
def test_no_worse_passes(finished, outcome):
    code, suite = run(finished, FailOn.INCONCLUSIVE, comparison(outcome))

    assert code == ExitCode.PASSED
    assert {suite.get(count) for count in ("failures", "errors", "skipped")} == {"0"}


def test_a_gate_that_has_nothing_to_compare_does_not_pass(finished):
    del finished["status"]["results"][1]

    code, suite = run(finished, FailOn.REGRESSED)

    assert code == ExitCode.INCONCLUSIVE
    assert "nothing can be claimed: no cell has a control" in str(told(suite, "error"))


def test_why_nothing_is_compared_is_not_guessed(finished):
    """There are two variants: that the second has no control was false."""
    code, suite = run(finished, FailOn.REGRESSED)

    assert code == ExitCode.INCONCLUSIVE
    assert told(suite, "error") == [
        ("comparison", "nothing can be claimed: no comparison is in the status")
    ]


LEFT_OUT = "left out, as the status has no room for more: compare fewer cells in one experiment"


@pytest.mark.parametrize(
    ("omitted", "fail_on", "expected"),
    [
        ("comparisons without a claim", FailOn.REGRESSED, ExitCode.PASSED),
        ("comparisons without a claim", FailOn.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        ("comparisons with the baseline without a claim", FailOn.REGRESSED, ExitCode.INCONCLUSIVE),
        ("comparisons in p95Ms", FailOn.REGRESSED, ExitCode.INCONCLUSIVE),
        ("comparisons with the baseline", FailOn.REGRESSED, ExitCode.INCONCLUSIVE),
        ("comparisons with the baseline", FailOn.CRITERIA, ExitCode.PASSED),
        ("memory", FailOn.INCONCLUSIVE, ExitCode.PASSED),
    ],
)
def test_what_the_status_left_out_does_not_pass(finished, omitted, fail_on, expected):
    finished["status"]["omitted"] = [omitted]

    code, suite = run(finished, fail_on, comparison("Improved"))

    assert code == expected
    is_decided = expected is ExitCode.INCONCLUSIVE
    assert told(suite, "error") == ([(omitted, LEFT_OUT)] if is_decided else [])


@pytest.mark.parametrize("omitted", ["comparisons without a claim", "comparisons"])
def test_a_gate_of_which_every_comparison_was_left_out_does_not_pass(finished, omitted):
    finished["status"]["omitted"] = [omitted]

    code, suite = run(finished, FailOn.REGRESSED)

    assert code == ExitCode.INCONCLUSIVE
    assert told(suite, "error") == [(omitted, LEFT_OUT)]


def test_a_gate_whose_claims_were_never_possible_is_not_saved_by_what_was_left_out(finished):
    finished["status"]["omitted"] = ["comparisons with the baseline without a claim"]
    two = comparison("Inconclusive", why="fewer than 3 replicates have both figures")

    code, _ = run(finished, FailOn.REGRESSED, two)

    assert code == ExitCode.INCONCLUSIVE


def test_a_gate_that_no_comparison_could_fail_does_not_pass(finished):
    two = comparison("Inconclusive", why="fewer than 3 replicates have both figures")

    code, suite = run(finished, FailOn.REGRESSED, two)

    assert code == ExitCode.INCONCLUSIVE
    assert "nothing can be claimed: fewer than 3 replicates" in str(told(suite, "error"))


def test_a_baseline_that_was_not_compared_does_not_pass(finished):
    finished["status"]["baseline"] = {"name": "search-october", "note": "it was deleted"}

    code, suite = run(finished, FailOn.REGRESSED, comparison("Improved"))

    assert code == ExitCode.INCONCLUSIVE
    assert told(suite, "error") == [("baseline search-october", "not compared: it was deleted")]


@pytest.mark.parametrize(
    ("omitted", "is_told"),
    [("comparisons without a claim", True), ("comparisons with the baseline", False)],
)
def test_why_a_baseline_was_not_compared_is_told_unless_it_was_left_out(finished, omitted, is_told):
    finished["status"] |= {"baseline": {"name": "night-1", "note": ""}, "omitted": [omitted]}

    code, suite = run(finished, FailOn.REGRESSED, comparison("Improved"))

    assert code == ExitCode.INCONCLUSIVE
    note = ("baseline night-1", "not compared: it has no cell of this experiment")
    assert (note in told(suite, "error")) is is_told


def test_a_search_says_that_it_compares_nothing(finished):
    found = {"cell": "sync", "atLeast": 400, "atLeastTrials": 2, "trials": 9, "ended": "Found"}
    finished["status"]["capacity"] = [found]

    code, suite = run(finished, FailOn.REGRESSED)

    assert code == ExitCode.INCONCLUSIVE
    assert "a search finds each cell a rate of its own" in str(told(suite, "error"))


def test_a_baseline_is_compared_too(finished):
    found = comparison("Regressed", baselineBlocks=5)
    finished["status"]["baseline"] = {"name": "search-october", "comparisons": [found]}

    code, suite = run(finished, FailOn.REGRESSED)

    assert code == ExitCode.CRITERIA_FAILED
    assert len(told(suite, "failure")) == 1


def test_criteria_are_cases_with_their_worst_cell(finished):
    finished["status"]["verdict"] = "Failed"
    finished["status"]["criteria"] = [
        {
            "name": "tail",
            "threshold": "p(95)<100",
            "value": "141.2",
            "cell": "sync/workers=2",
            "outcome": "Failed",
        }
    ]

    code, suite = run(finished, FailOn.CRITERIA)

    assert code == ExitCode.CRITERIA_FAILED
    assert told(suite, "failure") == [
        ("criterion tail (p(95)<100)", "Failed: worst 141.2 in sync/workers=2")
    ]


def test_what_did_not_finish_is_an_error_and_no_failure(running):
    code, suite = run(running, FailOn.REGRESSED, comparison("Improved"))

    assert code == ExitCode.NOT_FINISHED
    assert [name for name, _ in told(suite, "error")] == ["finished"]


def test_no_text_breaks_the_file(finished):
    finished["status"]["criteria"] = [
        {
            "name": "<&\"'>",
            "threshold": "]]>",
            "value": "\x00\x1b[31m\ufffe\ud800",
            "cell": "é\u202e",
            "outcome": "Inconclusive",
            "note": "\uffff<!--",
        }
    ]

    _, suite = run(finished, FailOn.CRITERIA)

    assert told(suite, "error") == [
        ("criterion <&\"'> (]]>)", "Inconclusive: worst [31m in é; <!--")
    ]


def test_the_failure_that_the_how_to_shows_is_one(finished):
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "gate-a-pipeline.md").read_text()
    (shown,) = re.findall(r"^```xml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    finished["metadata"]["name"] = "two-images"

    _, suite = run(finished, FailOn.REGRESSED, comparison("Regressed"))

    (failed,) = [case for case in suite if case.find("failure") is not None]
    assert Xml.canonicalize(shown, strip_text=True) == Xml.canonicalize(
        Xml.tostring(failed, encoding="unicode"), strip_text=True
    )
