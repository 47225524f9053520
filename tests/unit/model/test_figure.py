"""A figure says what it may be taken for, and says nothing where it is sound."""

import pytest

from loadlab.model.status import Figure, Standing
from tests.unit.model.spec_schema import experiment_schema

SOUND = Figure(mean=1518.0, low=1400.0, high=1650.0)
BOUND = SOUND.as_lower_bound("GeneratorSaturated")


def test_a_sound_figure_is_written_without_a_word_about_it():
    assert SOUND.dump() == {"mean": 1518.0, "low": 1400.0, "high": 1650.0}


def test_a_bound_keeps_its_interval_and_says_why():
    assert BOUND.dump() == SOUND.dump() | {"standing": "Bound", "why": "GeneratorSaturated"}


@pytest.mark.parametrize("figure", [SOUND, BOUND])
def test_what_is_written_is_read_back(figure):
    assert Figure.model_validate(figure.dump()) == figure


def test_absent_means_sound():
    assert Figure.model_validate({"mean": 1.0}).standing is Standing.SOUND


def test_the_api_server_fills_no_standing_in():
    status = experiment_schema()["properties"]["status"]
    rate = status["properties"]["results"]["items"]["properties"]["requestsPerSecond"]

    assert rate["properties"]["standing"]["enum"] == ["Sound", "Bound", "Unsound"]
    assert "default" not in rate["properties"]["standing"]
    assert rate["required"] == ["mean"]
