"""What the service still works on as measuring begins, beside what the users have sent by then."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.documents import Snapshot
from loadlab.measurement.warm_up import left_of_warm_up

FIRST = 1_000.0  # when the first measured request was sent, Unix time


def start(in_flight: int | None, taken_at: float = FIRST + 0.01) -> Snapshot:
    service: dict[str, Any] = {} if in_flight is None else {"inFlight": in_flight}
    return Snapshot.model_validate(
        {"edge": "start", "takenAt": taken_at, "components": {"service": service}}
    )


@pytest.mark.parametrize(
    ("snapshot", "left"),
    [
        (start(600), 280),  # 320 users were at work by then
        (start(320), 0),
        (start(7), 0),
        (start(280, FIRST - 0.01), 280),  # nobody of the measurement was
        (start(None), 0),
        (None, 0),
    ],
)
def test_what_is_more_than_the_users_can_have_sent_is_the_warm_up_s(healthy, snapshot, left):
    load = replace(healthy.load, open_model=False, virtual_users=320, deployed=True)

    assert left_of_warm_up(snapshot, FIRST, load) == left


@pytest.mark.parametrize("other", [{"open_model": True}, {"deployed": False}])
def test_where_others_may_have_sent_it_nothing_is_said(healthy, other):
    load = replace(
        healthy.load, **({"open_model": False, "virtual_users": 320, "deployed": True} | other)
    )

    assert left_of_warm_up(start(600), FIRST, load) == 0
