"""A pair of cells of which no comparison could have shown one to be worse is not forgotten."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from loadlab.analysis import status_budget
from loadlab.analysis.claimless import claimless
from loadlab.analysis.status_budget import within_budget
from loadlab.model.status import (
    Baseline,
    BaselineComparison,
    ComparisonOutcome,
    LoadExperimentStatus,
)

FEW = "fewer than 5 replicates here or in the baseline"
WITHOUT_CLAIM = "comparisons with the baseline without a claim"
EQUIVALENT, OPEN = ComparisonOutcome.EQUIVALENT, ComparisonOutcome.INCONCLUSIVE


@dataclass(frozen=True)
class Told:
    """One comparison, as far as it matters here."""

    of: str
    why: str | None = None
    outcome: ComparisonOutcome = OPEN
    over: str = "night"
    figure: str = "cpuMicros"

    def read(self) -> BaselineComparison:
        return BaselineComparison(
            figure=self.figure,
            of=self.of,
            over=self.over,
            blocks=5,
            baseline_blocks=5,
            value=1.0,
            baseline_value=1.0,
            outcome=self.outcome,
            why=self.why,
        )


@pytest.mark.parametrize(
    ("told", "pairs"),
    [
        ((), []),
        ((Told("a"), Told("a", FEW)), []),
        ((Told("a", FEW), Told("a")), []),
        ((Told("a", FEW), Told("a", FEW, figure="p95Ms")), [("a", "night", "cpuMicros")]),
        ((Told("a", FEW, over="b"), Told("a", over="c")), [("a", "b", "cpuMicros")]),
        (
            (Told("b", FEW), Told("c"), Told("a", FEW), Told("b", FEW)),
            [("b", "night", "cpuMicros"), ("a", "night", "cpuMicros")],
        ),
    ],
)
def test_a_pair_is_such_where_all_of_its_comparisons_have_a_why(told, pairs):
    found = claimless([each.read() for each in told])

    assert [(each.of, each.over, each.figure) for each in found] == pairs


@pytest.fixture
def shortened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., LoadExperimentStatus]:
    """Read a status that is one byte too long."""

    def read(*told: Told) -> LoadExperimentStatus:
        known = Baseline(name="night", comparisons=[each.read() for each in (*told, Told("z"))])
        status = LoadExperimentStatus(baseline=known)
        size = len(json.dumps(status.dump(), separators=(",", ":")))
        monkeypatch.setattr(status_budget, "MAX_BYTES", size - 1)
        return within_budget(status)

    return read


def left(status: LoadExperimentStatus) -> list[str]:
    assert status.baseline is not None
    return [each.of for each in status.baseline.comparisons]


def test_one_such_pair_is_left_where_the_status_has_no_room_for_what_claims_nothing(shortened):
    """Without it a gate passed by the others: nobody knew that it could not have failed."""
    claimed = Told("alike", outcome=EQUIVALENT)

    found = shortened(Told("a", FEW), Told("a", FEW, figure="p95Ms"), claimed, Told("b", FEW))

    assert (left(found), found.omitted) == (["a", "alike"], (WITHOUT_CLAIM,))


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ((Told("alike", outcome=EQUIVALENT), Told("alike", FEW, figure="p95Ms")), ["alike"]),
        ((Told("a", FEW),), []),  # nothing at all is left, which no gate passes by
    ],
)
def test_none_is_left_where_there_is_none_or_nothing_beside_it(shortened, told, kept):
    found = shortened(*told)

    assert (left(found), found.omitted) == (kept, (WITHOUT_CLAIM,))
