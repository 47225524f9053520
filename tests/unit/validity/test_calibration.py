"""A calibration is void where something else than k6 itself made it slow."""

from dataclasses import replace

import pytest

from loadlab.measurement.usage import Watch
from loadlab.measurement.values import GeneratorLoad
from loadlab.validity.calibration import judge_calibration
from tests.unit.analysis.claims import MEASURED


@pytest.mark.parametrize(("pause", "is_void"), [(0.01, False), (1.6, True)])
def test_one_in_which_k6_stood_still_is_void(pause, is_void):
    load = GeneratorLoad(cpu_share=0.9, sched_wait_p99_ms=9.0, longest_pause_seconds=pause)
    trial = replace(MEASURED, generator=load, last_answer_epoch_seconds=5.0)

    assert judge_calibration(trial).is_void is is_void


def test_one_that_nobody_watched_is_void():
    assert judge_calibration(replace(MEASURED, others=Watch.NO_SNAPSHOT)).is_void
