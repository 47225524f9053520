"""How many of a thousand users the time of the iterations accounts for.

Of iterations of 10 ms each user makes 100 a second.
"""

from dataclasses import replace

import pytest

from loadlab.model.status import Validity
from loadlab.validity.judgement import Reason
from loadlab.validity.little_law import little_violated
from tests.unit.conftest import START


def accounted(
    healthy, busy, seconds=30.0, ramp=0.0, *, answered=None, iterations_seconds=0.0, mean_ms=10.0
) -> list[Reason]:
    """Judge a load of which so many users are accounted for, on average of its time."""
    answered = seconds if answered is None else answered
    loaded = min(seconds, answered)
    load = replace(
        healthy.load,
        virtual_users=1000,
        duration_seconds=seconds - ramp,
        ramp_up_seconds=ramp,
    )
    trial = replace(
        healthy,
        load=load,
        iterations=round(busy * loaded * 1000 / mean_ms),
        mean_iteration_ms=mean_ms,
        iterations_seconds=iterations_seconds,
        last_answer_epoch_seconds=START + answered,
    )
    return list(little_violated(trial))


@pytest.mark.parametrize(
    ("seconds", "ramp", "sound", "lacking"),
    [
        (30.0, 0.0, 980.0, 979.0),  # 2 %, and of 30 s the 10 ms of an iteration
        (10.0, 0.0, 979.5, 978.5),
        (9.9, 0.0, 949.5, 948.5),  # a short one: 5 %
        (30.0, 3.0, 903.0, 902.0),  # of a ramp of 3 s: 5 % of 950
    ],
    ids=["steady", "just steady", "short", "ramping"],
)
def test_so_many_users_may_lack(healthy, seconds, ramp, sound, lacking):
    assert accounted(healthy, sound, seconds, ramp) == []
    assert [reason.level for reason in accounted(healthy, lacking, seconds, ramp)] == [
        Validity.SUSPECT
    ]


@pytest.mark.parametrize(("busy", "level"), [(710.0, Validity.SUSPECT), (690.0, Validity.INVALID)])
def test_a_fifth_of_the_users_is_too_many_beside_one_iteration_of_each(healthy, busy, level):
    """An iteration of 3 s is a tenth of 30 s: 30 % may lack."""
    (reason,) = accounted(healthy, busy, mean_ms=3_000.0)

    assert reason.level is level


def test_both_numbers_are_told(healthy):
    (reason,) = accounted(healthy, 930.0)

    assert reason.message == (
        "rate x iteration time accounts for 930.0 of 1000.0 virtual users (7.0% apart, bound "
        "2.0%): requests were cut off or left no sample"
    )


def test_the_bound_has_the_time_of_an_iteration_in_it(healthy):
    """15.018 s of 30 are 50.06 %."""
    (reason,) = accounted(healthy, 400.0, mean_ms=15_018.0)

    assert "bound 52.1%" in reason.message


@pytest.mark.parametrize(
    "ends", [{"answered": 33.0}, {"iterations_seconds": 33.0}, {"answered": 33.0, "ramp": 6.0}]
)
def test_each_user_may_be_at_it_until_its_last_iteration_ends(healthy, ends):
    """A tenth longer than the load; users who ramp up for 6 s were there for 3 s less."""
    most = 1000.0 if "ramp" in ends else 1100.0

    assert accounted(healthy, most, **ends) == []
    (reason,) = accounted(healthy, most + 100, **ends)
    assert f"accounts for {most + 100:.1f} of {most:.1f} virtual users" in reason.message


def test_of_a_load_that_ends_in_its_ramp_those_count_who_were_there(healthy):
    """After half of a ramp of 30 s there were 500 users, and 250 on average."""
    assert accounted(healthy, 250.0, 60.0, 30.0, answered=15.0) == []

    (reason,) = accounted(healthy, 200.0, 60.0, 30.0, answered=15.0)
    assert "accounts for 200.0 of 250.0 virtual users (20.0% apart, bound 5.1%)" in reason.message
