"""Where connections that were to be kept were closed: ten users of 30,000 requests."""

from dataclasses import replace

import pytest

from loadlab.validity.answers import connections_closed


@pytest.mark.parametrize(
    ("made", "is_told"),
    [(310, False), (311, True), (28_499, True), (28_500, False)],
    ids=["a hundredth", "more", "not all", "each its own"],
)
def test_more_than_a_hundredth_and_fewer_than_each_are_told(healthy, made, is_told):
    """A hundredth of the requests, and one connection of each user."""
    found = list(connections_closed(replace(healthy, connections=made)))

    assert bool(found) is is_told
