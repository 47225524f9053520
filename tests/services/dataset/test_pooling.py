"""A pooler that lends a session for a transaction is refused: no lock would hold."""

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from typing import Any

import psycopg
import pytest

from loadlab_services.data.errors import DatasetError
from loadlab_services.database import in_schema
from loadlab_services.dataset import pooling
from loadlab_services.dataset.claim import claim_schema

OURS = "shop/load (uid-1)"
SCHEMA = "loadlab"


class Connected:
    """A client's connection, whose statements these processes of a server carry out in turn."""

    def __init__(self, processes: Iterator[int]) -> None:
        self._processes = processes

    def execute(self, _query: str, **_: object) -> Any:
        return self

    def fetchone(self) -> tuple[int]:
        return (next(self._processes),)

    def close(self) -> None:
        """Nothing is held."""


def check(monkeypatch: pytest.MonkeyPatch, own: Sequence[int], others: Sequence[int]) -> None:
    connection: Any = Connected(cycle(own))
    monkeypatch.setattr(pooling, "_beside", lambda _: Connected(cycle(others)))
    pooling.check_pooling(connection)


@pytest.mark.parametrize(
    ("own", "others"),
    [
        ([7], [7]),  # the one that was given back last is lent next
        ([7, 8], [9]),  # each in turn, as with server_round_robin
        ([7], [8, 7]),  # somebody else had it in between
    ],
)
def test_a_session_that_is_lent_is_refused_with_the_remedy(own, others, monkeypatch):
    with pytest.raises(DatasetError, match="pool_mode = session"):
        check(monkeypatch, own, others)


def test_sessions_of_their_own_are_taken(monkeypatch):
    check(monkeypatch, [7], [8])


def test_where_there_is_no_second_connection_nothing_is_claimed(monkeypatch):
    def refuse(_: object) -> None:
        raise psycopg.OperationalError("too many connections for role")

    connection: Any = Connected(cycle([7]))
    monkeypatch.setattr(pooling, "_beside", refuse)

    pooling.check_pooling(connection)


@pytest.mark.integration
def test_before_anything_is_claimed(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(in_schema(new_database(), SCHEMA), autocommit=True) as connection:
        claim_schema(connection, SCHEMA, OURS)
        connection.execute("DROP TABLE loadlab_owner")
        process = connection.info.backend_pid
        monkeypatch.setattr(pooling, "_beside", lambda _: Connected(cycle([process])))
        with pytest.raises(DatasetError, match="pool_mode = transaction"):
            claim_schema(connection, SCHEMA, OURS)
        (found,) = connection.execute("SELECT to_regclass('loadlab_owner')").fetchone() or ("",)

    assert found is None
