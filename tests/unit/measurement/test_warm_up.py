"""What the service still works on as measuring begins, beside what the users have sent by then."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from loadlab.measurement.documents import Snapshot
from loadlab.measurement.failures import NO_ANSWER
from loadlab.measurement.warm_up import left_of_warm_up

FIRST = 1_000.0  # when the first measured request was sent, Unix time


def start(in_flight: int | None, taken_at: float = FIRST + 0.01) -> Snapshot:
    service: dict[str, Any] = {} if in_flight is None else {"inFlight": in_flight}
    return Snapshot.model_validate(
        {"edge": "start", "takenAt": taken_at, "components": {"service": service}}
    )


def document(given_up: int, silent: int = 0) -> Any:
    """A pod's document, as far as the warm-up is told of in it."""
    status = {NO_ANSWER: silent} if silent else {}
    scenario = SimpleNamespace(interrupted_iterations=given_up, status=status)
    other = SimpleNamespace(interrupted_iterations=999, status={})
    return SimpleNamespace(scenarios={"warmup-browse": scenario, "measure": other})


GAVE_UP = [document(300), document(0, silent=20)]  # 320 users, of two pods


@pytest.mark.parametrize(
    ("snapshot", "documents", "left"),
    [
        (start(600), GAVE_UP, 280),  # 320 users were at work by then
        (start(600), [document(7)], 7),  # the others are tasks behind answers, say
        (start(600), [document(0)], 0),
        (start(600), [document(5, silent=3)], 8),
        (start(600, FIRST), GAVE_UP, 280),
        (start(320), GAVE_UP, 0),
        (start(7), GAVE_UP, 0),
        (start(280, FIRST - 0.01), GAVE_UP, 280),  # nobody of the measurement was
        (start(None), GAVE_UP, 0),
        (None, GAVE_UP, 0),
    ],
)
def test_what_is_more_than_the_users_can_have_sent_is_the_warm_up_s(
    healthy, snapshot, documents, left
):
    load = replace(healthy.load, open_model=False, virtual_users=320, deployed=True)

    assert left_of_warm_up(snapshot, FIRST, load, documents) == left


@pytest.mark.parametrize("other", [{"open_model": True}, {"deployed": False}])
def test_where_others_may_have_sent_it_nothing_is_said(healthy, other):
    load = replace(
        healthy.load, **({"open_model": False, "virtual_users": 320, "deployed": True} | other)
    )

    assert left_of_warm_up(start(600), FIRST, load, GAVE_UP) == 0
