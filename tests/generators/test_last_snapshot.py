"""The last snapshot is taken as the planned time is over, however long a tool takes to tell."""

import time

import pytest

from loadlab_services.generators import run
from loadlab_services.generators.contract import Lines
from loadlab_services.generators.document import Program
from loadlab_services.generators.outcome import Outcome
from loadlab_services.generators.run import OneShot
from loadlab_services.generators.watched import ToolError
from tests.generators.test_reading import USAGE, trial


class Teller(OneShot):
    """Loads, then tells for so long what it found."""

    def __init__(self, seconds: float, *, fails: bool = False) -> None:
        self.seconds, self.fails = seconds, fails

    def program(self):
        return Program("teller", "1", "none")

    def warm_up_seconds(self, seconds):
        return seconds

    def load(self, seconds, first_id):
        time.sleep(self.seconds)
        if self.fails:
            raise ToolError("it broke")
        return Outcome(0.0, 0.0, 0.0, {}, {}), USAGE


class Steward:
    """Notes when it is asked for a snapshot."""

    asked: dict[str, float]

    def __init__(self, _trial):
        type(self).asked = {}

    def await_service(self): ...

    def arrive(self): ...

    def snapshot(self, edge):
        assert edge not in self.asked
        self.asked[edge] = time.monotonic()
        return {"edge": edge}

    def finish(self):
        return {}


@pytest.fixture
def between(monkeypatch, capsys):
    """Seconds between the two snapshots of a measurement of half a second; 0 without the last."""
    monkeypatch.setattr(run, "Steward", Steward)

    def run_it(tool):
        given = trial(load={"durationMs": 500, "warmupMs": 0})
        run.run_trial(tool, given, Lines(""))
        return Steward.asked.get("end", Steward.asked["start"]) - Steward.asked["start"]

    return run_it


@pytest.mark.parametrize(("tells", "expected"), [(1.2, 0.5), (0.5, 0.5), (0.1, 0.1)])
def test_it_is_taken_after_the_planned_time_or_as_the_tool_ends(between, tells, expected):
    assert between(Teller(tells)) == pytest.approx(expected, abs=0.2)


def test_a_tool_that_fails_before_has_none(between):
    assert between(Teller(0.1, fails=True)) == 0
