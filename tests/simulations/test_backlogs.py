"""Queues whose use is known: an overload is seen, and a queue that keeps up is left alone."""

import pytest

from tests.simulations.backlogs import share_missed


@pytest.mark.parametrize(("seconds", "rate"), [(4, 200), (6, 200), (8, 100), (15, 50)])
def test_a_load_that_is_carried_is_hardly_ever_said_not_to_be(seconds: int, rate: int) -> None:
    assert share_missed(seconds, rate, 0.7, 100) <= 0.01
    assert share_missed(seconds, rate, 0.9, 100) <= 0.07


@pytest.mark.parametrize(("seconds", "rate"), [(4, 200), (6, 200), (8, 100), (15, 50)])
def test_a_quarter_too_much_is_said(seconds: int, rate: int) -> None:
    assert share_missed(seconds, rate, 1.25, 100) >= 0.85
