"""A judgement is as bad as its worst reason, and a trial without a measurement has its pods'."""

import pytest

from loadlab.measurement.pod_log import PodProblem, ProblemKind
from loadlab.measurement.trial import VoidTrial
from loadlab.model.status import Validity
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind, invalid, remark, suspect, worst, worst_first

V, S, I = Validity.VALID, Validity.SUSPECT, Validity.INVALID  # noqa: E741 the table reads better so


@pytest.mark.parametrize("kind", list(ProblemKind))
def test_a_void_trial_is_invalid_for_the_reason_its_pod_gave(kind: ProblemKind) -> None:
    judgement = judge(VoidTrial((PodProblem(kind, "pod k6-0 …"),)))

    assert judgement.validity is Validity.INVALID
    assert [r.kind.value for r in judgement.reasons] == [kind.value]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [([], V), ([S, V], S), ([S, I, S], I)],
    ids=["none", "suspect", "invalid"],
)
def test_the_worst_level_wins(levels: list[Validity], expected: Validity) -> None:
    assert worst(levels) is expected


def test_what_decides_is_told_before_what_is_only_said_beside_it():
    beside = remark(ReasonKind.OTHER_LATENCY, "beside")
    first, second = (suspect(ReasonKind.SENT_LATE, text) for text in ("first", "second"))
    void = invalid(ReasonKind.GENERATOR_THROTTLED, "void")

    assert worst_first([beside, first, second, void]) == [void, first, second, beside]
