"""A pod's log becomes a report; whatever is wrong with it becomes a named problem."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loadlab.measurement.pod_log import ProblemKind, read_pod_log, read_progress

REAL_LOG = Path(__file__).with_name("ingest-pod.log").read_text()


def line_of(key: str, body: object) -> str:
    return json.dumps({key: body})


def test_a_progress_without_counts_is_that_of_a_generator_that_knows_them_at_its_end():
    line = b'{"loadlab_progress":{"version":1,"seconds":3,"phase":"measurement"}}'

    progress = read_progress(line)

    assert progress is not None
    assert (progress.seconds, progress.requests, progress.failed) == (3, None, None)


def test_the_log_of_a_real_k6_pod_is_read_whole() -> None:
    report = read_pod_log("k6-0", REAL_LOG)

    assert report.problem is None
    assert report.notes == ()
    assert report.document is not None
    assert report.document.scenarios["measure"].requests == 2911
    assert report.document.scenarios["warmup"].requests == 710
    assert report.account is not None
    assert report.account.persisted == report.document.counters.accepted == 3621
    assert report.start is not None
    assert report.end is not None
    assert report.start.taken_at < report.end.taken_at


def test_the_last_document_counts_since_earlier_ones_are_checkpoints(
    document: dict[str, Any],
) -> None:
    checkpoint = {**document, "complete": False}
    text = f"{line_of('loadlab_result', checkpoint)}\n{line_of('loadlab_result', document)}"

    assert read_pod_log("k6-0", text).problem is None


def test_only_lines_with_the_runs_token_are_taken(document: dict[str, Any]) -> None:
    """The service under test may answer with a document, and the script may quote the answer."""
    forged = line_of("loadlab_result", {**document, "error": "forged"})
    ours = "t-1 " + line_of("loadlab_result", document)
    others = [forged, f"t-2 {forged}", f"t-1{forged}", f" t-1 {forged}", f"x t-1 {forged}"]

    report = read_pod_log("k6-0", "\n".join([ours, *others]), token="t-1")
    nothing = read_pod_log("k6-0", "\n".join(others), token="t-1")

    assert report.problem is None
    assert nothing.problem is not None
    assert nothing.problem.kind is ProblemKind.DOCUMENT_MISSING


def test_a_line_separator_in_a_text_ends_no_line(document: dict[str, Any]) -> None:
    """JSON leaves it as it is, and what came after it would begin a line of its own."""
    account = json.dumps(
        {"loadlab_account": {"run": "a\u2028b", "drained": True}}, ensure_ascii=False
    )
    text = f"{line_of('loadlab_result', document)}\n{account}"

    assert read_pod_log("k6-0", text).account is not None


@pytest.mark.parametrize(
    ("spoil", "kind", "says"),
    [
        (lambda _: "", ProblemKind.DOCUMENT_MISSING, "left no result document"),
        (lambda d: line_of("other", d), ProblemKind.DOCUMENT_MISSING, "left no result"),
        (lambda d: line_of("loadlab_result", d)[:-30], ProblemKind.DOCUMENT_BROKEN, "k6-0"),
        (lambda _: line_of("loadlab_result", 7), ProblemKind.DOCUMENT_BROKEN, "document"),
        (
            lambda d: line_of("loadlab_result", {**d, "version": 2}),
            ProblemKind.DOCUMENT_BROKEN,
            "2",
        ),
        (
            lambda d: line_of("loadlab_result", {**d, "complete": False}),
            ProblemKind.DOCUMENT_INCOMPLETE,
            "left only a checkpoint",
        ),
        (
            lambda d: line_of("loadlab_result", {**d, "error": "boom", "exit_code": 107}),
            ProblemKind.GENERATOR_FAILED,
            "exit code 107: boom",
        ),
    ],
    ids=["empty log", "no document", "cut", "not an object", "version", "checkpoint", "error"],
)
def test_a_bad_document_is_a_named_problem(
    document: dict[str, Any],
    spoil: Callable[[dict[str, Any]], str],
    kind: ProblemKind,
    says: str,
) -> None:
    problem = read_pod_log("k6-0", spoil(document)).problem

    assert problem is not None
    assert problem.kind is kind
    assert says in problem.message
    assert "k6-0" in problem.message


@pytest.mark.parametrize("needed", ["requests", "lastSampleUs", "splits", "generator"])
def test_a_missing_needed_field_breaks_the_document_and_is_named(
    document: dict[str, Any], needed: str
) -> None:
    del document["scenarios"]["measure"][needed]

    problem = read_pod_log("k6-0", line_of("loadlab_result", document)).problem

    assert problem is not None
    assert problem.kind is ProblemKind.DOCUMENT_BROKEN
    assert needed in problem.message


@pytest.mark.parametrize(
    "hostile",
    [
        {"status": {"2xx": 1000, "hello": 1}},
        {"failures": [{"class": "hello", "text": "x", "requests": 1}]},
        {"failures": [{"class": "err", "text": "x" * 201, "requests": 1}]},
        {"failures": [{"class": "err", "text": f"{n}", "requests": 1} for n in range(41)]},
    ],
    ids=["class", "class of a failure", "long text", "many texts"],
)
def test_failures_that_fit_no_status_break_the_document(
    document: dict[str, Any], hostile: dict[str, Any]
) -> None:
    document["scenarios"]["measure"] |= hostile

    problem = read_pod_log("k6-0", line_of("loadlab_result", document)).problem

    assert problem is not None
    assert problem.kind is ProblemKind.DOCUMENT_BROKEN


def test_unknown_fields_of_a_newer_writer_are_ignored(document: dict[str, Any]) -> None:
    newer = {**document, "novelty": {"a": 1}}

    assert read_pod_log("k6-0", line_of("loadlab_result", newer)).problem is None


def test_a_histogram_that_holds_other_than_it_says_breaks_the_document(
    document: dict[str, Any],
) -> None:
    document["scenarios"]["measure"]["iteration_duration"]["count"] += 1

    problem = read_pod_log("k6-0", line_of("loadlab_result", document)).problem

    assert problem is not None
    assert "1000 values, not 1001" in problem.message


def test_crossed_thresholds_are_no_problem_of_the_measurement(document: dict[str, Any]) -> None:
    ended = {**document, "error": "thresholds crossed", "exit_code": 99}

    assert read_pod_log("k6-0", line_of("loadlab_result", ended)).problem is None


def test_a_steward_that_did_not_answer_is_noted_not_raised(document: dict[str, Any]) -> None:
    snapshot = line_of("loadlab_snapshot", {"edge": "start", "error": "connection refused"})

    report = read_pod_log("k6-0", f"{snapshot}\n{line_of('loadlab_result', document)}")

    assert report.start is None
    assert report.problem is None
    assert "connection refused" in report.notes[0]


@pytest.mark.parametrize(
    ("version", "says"),
    [(2, "version 2, and this operator reads version 1"), ("1" * 99, "version 11"), (None, "None")],
)
def test_another_version_is_refused_in_words_whatever_else_it_holds(
    version: object, says: str
) -> None:
    problem = read_pod_log("k6-0", line_of("loadlab_result", {"version": version})).problem

    assert problem is not None
    assert problem.kind is ProblemKind.DOCUMENT_BROKEN
    assert says in problem.message
    assert len(problem.message) < 300


@pytest.mark.parametrize(
    "line", ['{"loadlab_result":' + "[" * 50_000, '{"loadlab_account":' + '{"a":' * 50_000]
)
def test_brackets_nested_too_deep_are_named_not_raised(line: str) -> None:
    report = read_pod_log("k6-0", line)

    assert report.problem is not None
    assert "nested too deep" in report.problem.message + "".join(report.notes)


@pytest.mark.parametrize("field", ["requests", "lastSampleUs", "iterations"])
@pytest.mark.parametrize("value", [-1, 10**400])
def test_numbers_that_nobody_can_have_counted_break_the_document(
    document: dict[str, Any], field: str, value: int
) -> None:
    document["scenarios"]["measure"][field] = value

    problem = read_pod_log("k6-0", line_of("loadlab_result", document)).problem

    assert problem is not None
    assert field in problem.message
