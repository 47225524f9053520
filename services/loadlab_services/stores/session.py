"""The terms of a session with Postgres, whatever the driver."""

from typing import Final

POOL_TIMEOUT_SECONDS: Final = 30.0  # until a request that finds no free connection is refused
# timestamptz comes back in the session's zone with psycopg, in UTC with asyncpg.
SESSION_TIMEZONE: Final = "UTC"
