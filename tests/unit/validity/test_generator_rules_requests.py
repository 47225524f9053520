"""Requests against iterations: a hundredth of them may be more, or lack."""

from dataclasses import replace

import pytest

from loadlab.validity.generator_rules import requests_unlike_iterations


@pytest.mark.parametrize(
    ("requests", "is_told"), [(30_300, False), (30_301, True), (29_700, False), (29_699, True)]
)
def test_either_side_may_have_a_hundredth_more(healthy, requests, is_told):
    found = list(requests_unlike_iterations(replace(healthy, requests=requests)))

    assert bool(found) is is_told


@pytest.mark.parametrize(
    ("steps", "requests", "each"), [(1, 30_301, ""), (2, 61_000, " of 2 steps")]
)
def test_both_numbers_are_told_with_the_steps_where_there_are_several(
    healthy, steps, requests, each
):
    load = replace(healthy.load, steps=steps)
    (reason,) = requests_unlike_iterations(replace(healthy, load=load, requests=requests))

    assert reason.message == (
        f"{requests} requests in 30000 iterations{each}, bound ±1%: the generator repeated "
        "requests by itself, or made none, so that the rate is not the users' own"
    )
