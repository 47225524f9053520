"""`loadlab results` shows the expectations claim by claim, and exports them."""

import io
import json
from typing import Any

import pytest
from rich.console import Console

from loadlab.cli.experiment import Experiment
from loadlab.cli.export import Format, export
from loadlab.cli.tables import render

WINS = {
    "name": "async-wins",
    "figure": "ratio of requestsPerSecond",
    "expected": "1.4 to 2.3",
    "published": 1.787,
    "ratio": 1.8312,
    "low": 1.71,
    "high": 1.9523,
    "replicates": 5,
    "outcome": "Reproduced",
}
FAILS = {
    "name": "many-fail",
    "figure": "failedRate",
    "expected": "0.5 or more",
    "outcome": "Inconclusive",
    "note": "one replicate gives no interval; raise spec.replicates",
    "value": 0.9,
    "replicates": 1,
}


@pytest.fixture
def judged(finished: dict[str, Any]) -> Experiment:
    finished["status"]["expectations"] = [WINS, FAILS]
    return Experiment.of(finished)


def lines(experiment: Experiment) -> list[list[str]]:
    text = io.StringIO()
    Console(file=text, width=160).print(render(experiment))
    return [line.split() for line in text.getvalue().splitlines()]


def test_each_claim_has_a_line(judged: Experiment) -> None:
    wins = "async-wins ratio of requestsPerSecond 1.787 1.831 [1.71, 1.952] 1.4 to 2.3 Reproduced"
    fails = "many-fail failedRate - 0.9 0.5 or more Inconclusive"

    assert [wins.split(), fails.split()] == [
        line for line in lines(judged) if line and line[0] in {"async-wins", "many-fail"}
    ]


def test_a_note_is_said_below(judged: Experiment) -> None:
    note = "Expectation many-fail: Inconclusive, one replicate gives no interval; raise"

    assert any(" ".join(line).startswith(note) for line in lines(judged))


def test_without_expectations_there_is_no_table(finished: dict[str, Any]) -> None:
    assert ["Expectations"] not in lines(Experiment.of(finished))


def test_programs_get_them_too(judged: Experiment) -> None:
    document = json.loads(export(judged, Format.JSON))

    assert document["expectations"][0]["ratio"] == 1.8312
