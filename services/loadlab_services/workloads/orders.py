"""What all readers of the orders share, whatever their driver: whose orders, and a pool's terms."""

from typing import Annotated, Final

from fastapi import Query

UserId = Annotated[int, Query(ge=1, le=2**63 - 1, description="whose orders")]

POOL_TIMEOUT_SECONDS: Final = 30.0
# timestamptz comes back in the session's zone with psycopg, in UTC with asyncpg.
SESSION_TIMEZONE: Final = "UTC"
