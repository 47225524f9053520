"""Brings the schema of `items` to its newest revision, by Alembic and without its command line.

The revisions are in `migrations/versions`, written by hand beside a change of `table`; a test
compares what they make with the models. What is applied is remembered in a table of its own name:
a database may hold another service's `alembic_version`, which this must not touch.
"""

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from loadlab_services.data.errors import DatasetError

VERSION_TABLE: Final = "loadlab_items_version"
# Two at once (a Job's retry): the second waits, then finds the schema done.
_LOCK: Final = text("SELECT pg_advisory_xact_lock(180157357)")
_SCRIPTS: Final = "loadlab_services.workloads.items:migrations"


def migrate(database_url: str) -> None:
    """Upgrade to head in one transaction; where head is reached already, change nothing.

    Raises:
        DatasetError: Postgres or Alembic refused; nothing was changed.
    """
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    try:
        with engine.begin() as connection:
            connection.execute(_LOCK)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except (SQLAlchemyError, CommandError) as error:
        reason = str(error).partition("\n")[0]
        raise DatasetError(
            f"the schema of items was left as it is: {reason}; table items and {VERSION_TABLE} "
            "belong together: bring back or drop both, then run the data set Job again"
        ) from error
