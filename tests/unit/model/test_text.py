"""Texts of others fit the field that they are written to, and do nothing to a terminal."""

import pytest

from loadlab.base.text import fit
from loadlab.model.status import AttemptRecord, LoadTrialStatus
from loadlab.model.status.conditions import Condition, ConditionType, Reason, Truth


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ("plain", "plain"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[2Jgone\x07\x9b", "[2Jgone"),
        ("a" * 11, "a" * 9 + "…"),
        ("a" * 10, "a" * 10),
        ("half \ud800", "half "),
    ],
)
def test_a_text_is_plain_and_no_longer_than_its_bound(text, fitting):
    assert fit(text, 10 if len(text) > 9 and text[0] == "a" else None) == fitting


def test_a_condition_can_be_made_of_any_message():
    condition = Condition(
        type=ConditionType.FAILED,
        status=Truth.TRUE,
        reason=Reason.INVALID_SPEC,
        message="\x1b[2J" + "x" * 5000,
        last_transition_time="",
    )

    assert (len(condition.message), condition.message[:4]) == (2000, "[2Jx")
    assert condition.type is ConditionType.FAILED


def test_what_is_copied_is_cut_as_what_is_made():
    status = LoadTrialStatus().model_copy(update={"message": "x" * 5000, "reasons": ("\x1b[0m",)})
    record = AttemptRecord(attempt=1, reason="r", message="x" * 5000)

    assert (len(status.message), status.reasons) == (2000, ("[0m",))
    assert len(record.message) == 1000
