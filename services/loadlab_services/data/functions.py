"""The functions that the statements of every data set use; those of the loader's session only.

Every value is a hash of its row's id, a column number and the seed, so it depends on nothing else:
not on the order of rows, the plan, parallel workers or the clock. Postgres' own `hashint8extended`
does it inside the server at full speed.
"""

from typing import Final, LiteralString

FUNCTIONS: Final[LiteralString] = """
CREATE OR REPLACE FUNCTION pg_temp.pick(id bigint, stream bigint, size bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT (hashint8extended($1, $2) & 9223372036854775807) % $3';
CREATE OR REPLACE FUNCTION pg_temp.created(id bigint, stream bigint) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$SELECT to_timestamp(1735689600 + ($2 / 1000 % 365) * 86400
                             - pg_temp.pick($1, $2, 365 * 86400))$$;
"""
