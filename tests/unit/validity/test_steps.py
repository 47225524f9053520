"""Requests against iterations where an iteration has several steps."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.generator_rules import requests_unlike_iterations

ITERATIONS = 1_000


def of_steps(trial: TrialMeasurement, **values: int) -> TrialMeasurement:
    load = replace(trial.load, steps=3)
    asked: dict[str, Any] = {
        "iterations": ITERATIONS,
        "requests": 3 * ITERATIONS,
        "failed": 0,
    } | values
    return replace(trial, load=load, **asked)


@pytest.mark.parametrize(
    ("values", "alike"),
    [
        ({}, True),
        ({"requests": ITERATIONS}, False),
        ({"requests": 3_100}, False),
        # Of 200 iterations that end with their first step, two requests each are never sent.
        ({"requests": 2_600, "failed": 200}, True),
        ({"requests": 2_500, "failed": 200}, False),
    ],
)
def test_each_step_is_a_request_unless_one_before_it_failed(values, alike, healthy):
    found = list(requests_unlike_iterations(of_steps(healthy, **values)))

    assert found == [] if alike else "of 3 steps" in found[0].message
