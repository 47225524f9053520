"""The SQL of a workload's write ledger: how its table is emptied before a run and summed up after.

A count gives the rows, how many different request ids are in them, and two sums over the ids that
the generator keeps as well.
"""

from typing import Final

from loadlab_services.workload import WriteLedger

# A forgotten session of the run before may hold the table: better an answer than a hang.
_EMPTY: Final = "set local lock_timeout = '10s'; truncate {table} restart identity"
_SUMS: Final = """
select count(*) as persisted, count(distinct id) as distinct,
       coalesce(sum(id), 0)::text as "idSum",
       coalesce(sum((id * 48271) % 2147483647), 0)::text as "idMix"
from ({ids}) as row
"""


def emptying(ledger: WriteLedger) -> str:
    """Spell the statements that empty the table; they belong into a transaction."""
    return _EMPTY.format(table=ledger.table)


def counting(ledger: WriteLedger) -> str:
    """Spell the query that counts the table's rows and adds up their request ids."""
    return _SUMS.format(ids=ledger.ids)
