"""No message tells to look at what is gone when it is read: pods, their logs, their events."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = ("operator/loadlab", "services/loadlab_services")
TELLS_OF_NOW = "operator/loadlab/cli/doctor"  # printed at once, of what is there
GONE = re.compile(
    r"kubectl (?:logs|describe|get (?:pods?|events?|jobs?|deployments?|statefulsets?|replicasets?))"
    r"|(?:read|see|look at|in|check) (?:its|the|their)(?: \w+'s)? (?:logs?|events?)\b(?! lines)"
    r"|'s logs?\b|\bevents (?:say|tell)"
)
# What a message may tell to ask of the cluster: what stays there.
STAYS = re.compile(
    r"kubectl (?:explain|auth can-i|get (?:nodes|loadtrials|loadexperiments|lexp|ltrial|\{)"
    r"|apply -n \{\} -f \{"
    r"|delete loadexperiment \{|patch loadexperiment \{|get all -n \{|loadlab\b)"
)


def texts_of(file: Path) -> Iterator[str]:
    """Every text of a module but its documentation; of a formatted one what is written there."""
    tree = ast.parse(file.read_text())
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner = {
        id(value)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for value in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values
            )
        elif is_text(node) and id(node) not in documentation | inner:
            yield str(ast.literal_eval(node))


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def all_texts(repository: Path) -> list[tuple[Path, str]]:
    files = [file for source in SOURCES for file in sorted((repository / source).rglob("*.py"))]
    files = [file for file in files if not file.is_relative_to(repository / TELLS_OF_NOW)]
    found = [(file, text) for file in files for text in texts_of(file)]
    scripts = sorted((repository / "loadgen/scripts").glob("*.js"))
    return found + [(script, line) for script in scripts for line in script.read_text().split("\n")]


def test_no_message_names_what_is_gone(repository: Path):
    wrong = [
        f"{file.relative_to(repository)}: {text}"
        for file, text in all_texts(repository)
        if GONE.search(text) or "kubectl " in STAYS.sub("", text)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    "message",
    [
        "See why with: kubectl describe pod {}; kubectl logs {}",
        "none of 2 requests succeeded: read the log of the service",
        "was deleted or replaced during the run; see its events",
        "a worker died; see the service's log",
        "one was deleted; the Job's events say why",
        "restarted during the measurement: see kubectl get pods for the reason",
        "the steward gave no account of the rows written: read its log",
    ],
)
def test_what_was_said_before_is_found(message):
    assert GONE.search(message)
