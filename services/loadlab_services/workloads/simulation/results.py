"""Creates the table of `simulation`'s results: a row for each number that the worker computed."""

from typing import Final

import psycopg

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS simulation_results (
    key        uuid PRIMARY KEY,
    request_id bigint NOT NULL,
    n          int NOT NULL,
    fib        bigint NOT NULL
)
"""


def create(database_url: str) -> None:
    """Make sure that the table is there."""
    with psycopg.connect(database_url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(SCHEMA)
