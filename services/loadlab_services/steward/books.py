"""The tables that are accounted for, workload by workload: how they are emptied and counted.

A count gives the rows, how many different request ids are in them, and two sums over the ids that
the generator keeps as well. Whatever another client may have written must not break a sum: its id
is null, and the row counts.
"""

from dataclasses import dataclass
from typing import Final

# A forgotten session of the run before may hold the table: better an answer than a hang.
_EMPTY: Final = "set local lock_timeout = '10s'; truncate {table} restart identity"
_SUMS: Final = """
select count(*) as persisted, count(distinct id) as distinct,
       coalesce(sum(id), 0)::text as "idSum",
       coalesce(sum((id * 48271) % 2147483647), 0)::text as "idMix"
from ({ids}) as row
"""
# Read as numerics, whose size has no limit that a body could exceed.
_IDS_OF_MESSAGES: Final = """
    select case when jsonb_typeof(payload -> 'request_id') = 'number'
           then trunc((payload ->> 'request_id')::numeric) end as id
    from messages
"""
_IDS_OF_ITEMS: Final = """
    select case when name ~ '^item-[0-9]{1,15}$' then substr(name, 6)::numeric end as id
    from items
"""


@dataclass(frozen=True, slots=True)
class Books:
    """One workload's table: the statement before a run and the query after it."""

    empty: str
    count: str


def _keep(table: str, ids: str) -> Books:
    return Books(_EMPTY.format(table=table), _SUMS.format(ids=ids))


BOOKS: Final[dict[str, Books]] = {
    "ingest": _keep("messages", _IDS_OF_MESSAGES),
    "items": _keep("items", _IDS_OF_ITEMS),
}
