"""Takes a schema for one experiment: another one that lives is never disturbed.

Two operators, of two clusters maybe, may be given one database. Each would empty tables under the
other's load, and count the other's rows for its own.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from psycopg import Connection

from loadlab_services.data.errors import DatasetError
from loadlab_services.data.owner import (
    ALONE,
    CREATE,
    NOTICES_SOON,
    READ,
    SESSION_NAME,
    life_of,
)
from loadlab_services.dataset.progress import Say
from loadlab_services.dataset.silence import OVERLOADED, ended_if_silent

# One that ends just now has let go by then, and one that was lost is known to be: NOTICED_SECONDS.
LIVING_PATIENCE_SECONDS: Final = 15.0
# A worker that is told to stop writes for 20 s more; a steward that is made anew is back sooner.
# One that is evicted or drained can't know whether its experiment is over, and gives nothing up.
SILENCE_SECONDS: Final = 30.0
LOOK_EVERY_SECONDS: Final = 0.5
_LIVE: Final[LiteralString] = "SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))"
_IS_OVER: Final[LiteralString] = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
_TAKE: Final[LiteralString] = """
INSERT INTO loadlab_owner (owner) VALUES (%s)
ON CONFLICT (is_only) DO UPDATE SET owner = excluded.owner, taken_at = now()
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """Another experiment whose the schema is."""

    owner: str
    since: datetime
    lives: bool


def claim_owner(connection: Connection, owner: str, *, say: Say) -> None:
    """Make the schema the experiment's, and hold its lock as long as the connection is open.

    Raises:
        DatasetError: another experiment that lives uses it; names it, and the remedy.
    """
    with ended_if_silent(connection, OVERLOADED):
        for statement in NOTICES_SOON:
            connection.execute(statement)
        connection.execute(_LIVE, (life_of(owner),))
    began = changed = time.monotonic()
    known: Holder | None = None
    while True:
        now = time.monotonic()
        is_silent = known is not None and not known.lives and now - changed >= SILENCE_SECONDS
        with ended_if_silent(connection, OVERLOADED):
            holder = _take(connection, owner, from_the_silent=is_silent)
        if holder is None:
            return
        if holder.lives and now - began >= LIVING_PATIENCE_SECONDS:
            raise DatasetError(_in_use(connection, holder))
        if holder != known:
            known, changed = holder, now
            say(f"waiting: experiment {holder.owner} {_state(holder)}")
        time.sleep(LOOK_EVERY_SECONDS)


def _take(connection: Connection, owner: str, *, from_the_silent: bool) -> Holder | None:
    """Take the schema where it is nobody's, or ours; return whose it is where it was not taken."""
    with connection.transaction():
        connection.execute(ALONE)
        connection.execute(CREATE)
        row = connection.execute(READ).fetchone()
        if row is not None and row[0] != owner:
            (is_over,) = connection.execute(_IS_OVER, (life_of(row[0]),)).fetchone() or (False,)
            if not (is_over and from_the_silent):
                return Holder(row[0], row[1], lives=not is_over)
        connection.execute(_TAKE, (owner,))
    return None


def _state(holder: Holder) -> str:
    if holder.lives:
        return "uses the schema"
    return f"had the schema; it is over where nothing of it is back within {SILENCE_SECONDS:g} s"


def _in_use(connection: Connection, holder: Holder) -> str:
    return (
        f"LoadLab's schema in database {connection.info.dbname} is in use by experiment "
        f"{holder.owner} since {holder.since:%Y-%m-%d %H:%M} UTC: wait for its end, or give this "
        "experiment another database. Of one that is gone for good, end the sessions named "
        f"{SESSION_NAME} in pg_stat_activity"
    )
