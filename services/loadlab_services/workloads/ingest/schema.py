"""Creates the table of `ingest`."""

from importlib.resources import files

import psycopg


def create(database_url: str) -> None:
    """Make sure that the table is there."""
    schema = files(__package__ or "").joinpath("schema.sql").read_bytes()
    with psycopg.connect(database_url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(schema)
