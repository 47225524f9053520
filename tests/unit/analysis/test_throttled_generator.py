"""A generator that its CPU limit stopped: its p95 stands for nothing, its rate is a lower bound."""

from dataclasses import replace

import pytest

from loadlab.model.status import Standing
from loadlab.validity import bounds
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial
from tests.unit.analysis.test_late_cell import row_of

EPSILON = 1e-6


@pytest.mark.parametrize("open_model", [True, False])
def test_the_p95_of_a_throttled_generator_is_unsound(healthy, open_model):
    load = replace(healthy.load, open_model=open_model)
    share = bounds.GENERATOR_THROTTLED_SHARE + EPSILON
    throttled = replace(
        healthy, load=load, generator=replace(healthy.generator, throttled_share=share)
    )

    row = row_of(*[JudgedTrial(throttled, judge(throttled))] * 3)

    assert row.p95_ms is not None
    assert (row.p95_ms.standing, row.p95_ms.why) == (Standing.UNSOUND, "GeneratorThrottled")
    expected = Standing.SOUND if open_model else Standing.BOUND
    assert row.requests_per_second is not None
    assert row.requests_per_second.standing is expected


def test_the_p95_beside_what_the_warm_up_left_is_unsound(healthy):
    left = replace(healthy, left_of_warm_up=healthy.requests)

    row = row_of(*[JudgedTrial(left, judge(left))] * 3)

    assert row.p95_ms is not None
    assert (row.p95_ms.standing, row.p95_ms.why) == (Standing.UNSOUND, "WarmUpUnfinished")
    assert row.requests_per_second is not None
    assert row.requests_per_second.standing is Standing.BOUND


def test_the_p95_of_one_that_was_hardly_stopped_stands(healthy):
    share = bounds.GENERATOR_THROTTLED_SHARE
    trial = replace(healthy, generator=replace(healthy.generator, throttled_share=share))

    row = row_of(*[JudgedTrial(trial, judge(trial))] * 3)

    assert row.p95_ms is not None
    assert row.p95_ms.standing is Standing.SOUND
