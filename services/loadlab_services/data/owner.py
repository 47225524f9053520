"""Whose a schema of LoadLab is, in a database that experiments of several clusters may know.

One row says whose it is. Whether that experiment still lives says a lock of the database that each
of its processes shares as long as it runs: a session that ends lets go of it, whatever ended it.
"""

from typing import Final, LiteralString

# At most one row, whoever writes.
CREATE: Final[LiteralString] = """
CREATE TABLE IF NOT EXISTS loadlab_owner (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    owner text NOT NULL, taken_at timestamptz NOT NULL DEFAULT now()
)
"""
# For a transaction, in which the row is read and written. Of a client whose network is cut in the
# middle of it the server hears nothing for hours, and everybody else would wait as long.
ALONE: Final[LiteralString] = (
    "SELECT set_config('idle_in_transaction_session_timeout', '10s', true), "
    "pg_advisory_xact_lock(hashtextextended('loadlab schema ' || current_schema(), 0))"
)
READ: Final[LiteralString] = "SELECT owner, taken_at FROM loadlab_owner"
# A server finds out so soon that a client's node is gone, and not after hours: 5 s without a word
# and 3 questions, 2 s apart, or as long for an answer of its own that nobody took. It is less than
# others wait for one that lives (`dataset.owner`): else they would be refused for a lost one.
NOTICED_SECONDS: Final = 5.0 + 3 * 2.0
NOTICES_SOON: Final[tuple[LiteralString, ...]] = (
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
    "SET tcp_user_timeout = '11s'",
)
SESSION_NAME: Final = "loadlab-owner"  # in pg_stat_activity, for whoever looks who it is


def life_of(owner: str) -> str:
    """Return the text that an experiment's lock is made of."""
    return f"loadlab experiment {owner}"
