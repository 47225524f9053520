"""Claims a schema in a database that exists already: what LoadLab makes there lies in it alone."""

from typing import Final, LiteralString

from psycopg import Connection, sql

from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.owner import claim_owner
from loadlab_services.dataset.pooling import check_pooling
from loadlab_services.dataset.progress import Say
from loadlab_services.dataset.silence import OVERLOADED, ended_if_silent

OLDEST_SERVER: Final = 14  # the checksums need hash_record_extended
POOLED: Final = (
    "give the address of Postgres itself; or, with pool_mode = session, set "
    "ignore_startup_parameters = options in PgBouncer, and the role's search_path to that schema "
    "in Postgres (ALTER ROLE ... SET search_path)"
)
# By this table a schema is known to be LoadLab's. It also says which data sets lie in it.
MARKER_TABLE: Final = "loadlab_dataset"
MARKER: Final[LiteralString] = """
CREATE TABLE IF NOT EXISTS loadlab_dataset (
    name text PRIMARY KEY, scale double precision NOT NULL, seed bigint NOT NULL,
    rows jsonb NOT NULL, checksums jsonb NOT NULL, loaded_at timestamptz NOT NULL DEFAULT now()
)
"""
_TABLES: Final[LiteralString] = "SELECT tablename::text FROM pg_tables WHERE schemaname = %s"
_ALLOWED: Final[LiteralString] = """
SELECT least(current_setting('max_connections')::int,
             nullif(datconnlimit, -1), nullif(rolconnlimit, -1))
FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = current_user
"""
_MAY: Final[LiteralString] = """
SELECT to_regnamespace(%(schema)s) IS NOT NULL,
       has_database_privilege(current_database(), 'CREATE'), current_user, current_database()
"""


def claim_schema(connection: Connection, schema: str, owner: str = "", *, say: Say = print) -> None:
    """Make sure that the schema is there, holds nothing of anybody else, and is the one in use.

    With an owner it is that experiment's from now on, as long as the connection is open.

    Raises:
        DatasetError: it is somebody else's, may not be made, or is not where the session looks.
    """
    if connection.info.server_version < OLDEST_SERVER * 10_000:
        found = connection.info.server_version // 10_000
        raise DatasetError(f"the server is Postgres {found}: {OLDEST_SERVER} or newer is needed")
    with ended_if_silent(connection, OVERLOADED):
        _check_writes(connection)
        _ensure_schema(connection, schema)
        _check_session(connection, schema)
    check_pooling(connection)
    tables = {name for (name,) in connection.execute(_TABLES, (schema,))}
    if tables and MARKER_TABLE not in tables:
        names = ", ".join(sorted(tables)[:5])
        raise DatasetError(
            f"schema {schema} holds tables that are not LoadLab's ({names}): give the experiment "
            "another database, or rename that schema"
        )
    connection.execute(MARKER)
    if owner:
        claim_owner(connection, owner, say=say)
    # What the steward remembers of runs is one experiment's: the next may have runs of that name.
    connection.execute("DROP TABLE IF EXISTS loadlab_steward")


def check_connections(connection: Connection, needed: int) -> None:
    """Compare what the experiment needs with what server, database and role allow.

    Raises:
        DatasetError: it is too much; requests would fail for want of connections.
    """
    (allowed,) = connection.execute(_ALLOWED).fetchone() or (0,)
    if needed > allowed:
        raise DatasetError(
            f"the experiment needs {needed} connections at once and this database allows {allowed}:"
            " lower factors.workers, factors.poolSize or factors.consumers"
        )


def _check_writes(connection: Connection) -> None:
    """Refuse a server that takes no writes, which would be told in the words of the first one."""
    query: LiteralString = (
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'"
    )
    in_recovery, read_only = connection.execute(query).fetchone() or (False, False)
    if in_recovery:
        raise DatasetError(
            "the server is a standby (pg_is_in_recovery), which takes no writes: give the address "
            "of the primary"
        )
    if read_only:
        user, database = connection.info.user, connection.info.dbname
        raise DatasetError(
            f"sessions of role {user} are read-only in database {database}: ALTER ROLE {user} IN "
            f"DATABASE {database} SET default_transaction_read_only = off, or see what sets it"
        )


def _ensure_schema(connection: Connection, schema: str) -> None:
    row = connection.execute(_MAY, {"schema": schema}).fetchone()
    exists, may_create, user, database = row or (False, False, "", "")
    if exists:
        return
    if not may_create:
        raise DatasetError(
            f"role {user} may not create the schema {schema} in database {database}: "
            f"CREATE SCHEMA {schema} AUTHORIZATION {user}, or GRANT CREATE ON DATABASE"
        )
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))


def _check_session(connection: Connection, schema: str) -> None:
    """Everything after this relies on names without a schema, and some of it drops tables."""
    query: LiteralString = "SELECT current_schema(), has_schema_privilege(%s, 'CREATE')"
    row = connection.execute(query, (schema,)).fetchone()
    current, may_write = row or (None, False)
    if current is None or not may_write:
        user = connection.info.user
        raise DatasetError(
            f"role {user} may not use the schema {schema}: GRANT USAGE, CREATE ON SCHEMA {schema}"
        )
    if current != schema:
        raise DatasetError(
            f"the session looks for tables in schema {current}, not in {schema}: something on the "
            f"way dropped the connection's options, as PgBouncer does; {POOLED}"
        )
