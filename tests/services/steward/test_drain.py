"""A stream is drained when nothing waits in it and nothing is in a consumer's hands."""

import pytest

from loadlab_services.steward.drain import Backlog, parse_id


@pytest.mark.parametrize(
    ("backlog", "drained"),
    [
        pytest.param(Backlog(), True, id="no stream at all"),
        pytest.param(Backlog(length=3, last_generated="5-0"), False, id="no group has read it"),
        pytest.param(Backlog(length=3, pending=3, lag=0), False, id="delivered, not acknowledged"),
        pytest.param(Backlog(pending=1), False, id="deleted, not acknowledged"),
        pytest.param(Backlog(length=2, lag=2, last_generated="9-1"), False, id="not delivered"),
        pytest.param(Backlog(length=0, lag=7, last_generated="9-1"), True, id="empty, wrong lag"),
        pytest.param(
            Backlog(length=1, lag=None, last_generated="10-0", last_delivered="9-5"),
            False,
            id="no lag, the last entry is newer",
        ),
        pytest.param(
            Backlog(length=1, lag=None, last_generated="10-0", last_delivered="10-0"),
            True,
            id="no lag, all delivered and acknowledged, kept in the stream",
        ),
    ],
)
def test_drained(backlog: Backlog, drained: bool) -> None:
    assert backlog.drained is drained


def test_ids_compare_as_numbers() -> None:
    assert parse_id("9-10") > parse_id("9-9")
    assert parse_id("10-0") > parse_id("9-999")
