"""How a variant reaches Postgres: the same driver, pool and limits for both kinds of engine.

A connection that Postgres has cut fails the one request that finds it and is replaced then: looking
before each request (`pool_pre_ping`) would be a second transaction in every figure.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from loadlab_services.database import session_options
from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.session import POOL_TIMEOUT_SECONDS

DRIVER: Final = "postgresql+psycopg"  # one name for both: the engine decides between sync and async
CONNECT_TIMEOUT_SECONDS: Final = 5
SESSION_OPTIONS: Final = "-c timezone=UTC -c statement_timeout=30s"


class DatabaseAwayError(Exception):
    """No connection came free in time, or the server went away: answered by 503."""


def engine_url(settings: ServiceSettings) -> URL:
    """Name the driver in the database's URL."""
    return make_url(settings.database_url).set(drivername=DRIVER)


def engine_options(settings: ServiceSettings) -> dict[str, Any]:
    """Give what create_engine and create_async_engine both take."""
    return {
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_timeout": POOL_TIMEOUT_SECONDS,
        "use_native_hstore": False,  # looking for hstore is a transaction on every new connection
        "connect_args": {
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "options": session_options(settings.database_url, SESSION_OPTIONS),
        },
    }


@contextmanager
def database_answers() -> Iterator[None]:
    """Say in one line what went wrong; SQLAlchemy's own text holds the whole statement."""
    try:
        yield
    except (PoolTimeoutError, OperationalError, InterfaceError) as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        raise DatabaseAwayError(str(cause).partition("\n")[0]) from error
