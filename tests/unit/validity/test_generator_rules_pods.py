"""How far apart the first requests of two pods may be: 50 ms, and what their turns are long."""

from dataclasses import replace

import pytest

from loadlab.validity.generator_rules import pods_apart
from tests.unit.validity.changed_trials import sent

SLOW = {"open_model": True, "rate_per_second": 10.0, "virtual_users": 0}
RAMP = {"ramp_up_seconds": 3.0}  # of ten users


def apart(healthy, skew_ms, planned, **values):
    load = replace(healthy.load, **planned)
    trial = replace(healthy, pods=2, start_skew_ms=skew_ms, load=load, **values)
    return [reason.message for reason in pods_apart(trial)]


@pytest.mark.parametrize(
    ("planned", "values", "bound_ms"),
    [
        ({}, {}, 50.0),
        ({"virtual_users": 0, "own_scenarios": True}, {}, 50.0),
        (SLOW, {}, 50.0 + 200),  # one of each pod's arrivals is due in 200 ms
        (SLOW, {"sending": sent(9_000)}, 50.0),
        (RAMP, {}, 50.0 + 600),  # a user of each pod begins in 600 ms
    ],
    ids=["users", "a script's users", "arrivals", "planned arrivals", "a ramp"],
)
def test_they_may_be_so_far_apart(healthy, planned, values, bound_ms):
    assert apart(healthy, bound_ms, planned, **values) == []
    assert apart(healthy, bound_ms + 0.1, planned, **values)


def test_how_far_they_were_apart_is_told(healthy):
    (message,) = apart(healthy, 300.0, SLOW)

    assert message == (
        "the pods sent their first requests 300 ms apart, bound 250 ms: part of the window had "
        "only part of the load"
    )
