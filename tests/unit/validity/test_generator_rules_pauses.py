"""For how long k6 may stand still: by the share of the load, and in seconds."""

from dataclasses import replace

import pytest

from loadlab.model.status import Validity
from loadlab.validity.generator_rules import generator_paused
from tests.unit.conftest import START


def levels(healthy, pause, seconds=30.0):
    trial = replace(
        healthy,
        load=replace(healthy.load, duration_seconds=seconds),
        last_answer_epoch_seconds=START + seconds,
        generator=replace(healthy.generator, longest_pause_seconds=pause),
    )
    return [reason.level for reason in generator_paused(trial)]


@pytest.mark.parametrize(("seconds", "longest"), [(30.0, 0.6), (10.0, 0.25)])
def test_a_pause_is_one_beyond_a_fiftieth_of_the_load_and_a_quarter_second(
    healthy, seconds, longest
):
    assert levels(healthy, longest, seconds) == []
    assert levels(healthy, longest + 0.01, seconds) == [Validity.SUSPECT]


@pytest.mark.parametrize(("seconds", "longest"), [(30.0, 1.5), (10.0, 1.0)])
def test_the_figures_are_those_of_a_pause_beyond_a_twentieth_and_a_second(
    healthy, seconds, longest
):
    assert levels(healthy, longest, seconds) == [Validity.SUSPECT]
    assert levels(healthy, longest + 0.01, seconds) == [Validity.INVALID]


def test_its_length_and_its_share_are_told(healthy):
    paused = replace(healthy.generator, longest_pause_seconds=0.9)
    (reason,) = generator_paused(replace(healthy, generator=paused))

    assert reason.message == (
        "k6 stood still for 0.90 s (3.0% of the window, bound 2%): it was stopped, starved or "
        "frozen; give the node less other work, or raise spec.resources.k6"
    )
