"""Creates the table of `reference`: a row for each message whose work is done."""

from typing import Final

import psycopg

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS reference_work (
    entry_id   text PRIMARY KEY,
    request_id bigint NOT NULL
)
"""


def create(database_url: str) -> None:
    """Make sure that the table is there."""
    with psycopg.connect(database_url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(SCHEMA)
