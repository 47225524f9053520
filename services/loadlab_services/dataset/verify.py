"""Holds the tables against what they must be: row counts, checksums, and a sample made anew.

A checksum is the sum of all rows' hashes, whatever their order; it is remembered when the rows are
loaded, and compared when they are used again. The sample is made by the generator as it is now and
must be found in the tables: so neither a row that was changed nor a generator that was changed
goes unnoticed.
"""

from typing import Final, LiteralString

from psycopg import Connection, sql

from loadlab_services.data.errors import DatasetChangedError
from loadlab_services.data.shape import DataSet

SAMPLE: Final = 1000
Checksums = dict[str, str]

_SUM_UP: Final[LiteralString] = """
SELECT count(*), coalesce(sum(hash_record_extended(t, 0)), 0)::text FROM {} t
"""
# All columns have the same names on both sides: a row is found where all its values are the same.
_FOUND: Final[LiteralString] = "SELECT count(*) FROM ({}) made NATURAL JOIN {}"


def sum_up(connection: Connection, data: DataSet) -> Checksums:
    """Count the rows of each table and return the tables' checksums.

    Raises:
        DatasetChangedError: a table has other than the planned number of rows.
    """
    checksums: Checksums = {}
    for table, expected in data.rows.items():
        query = sql.SQL(_SUM_UP).format(sql.Identifier(table))
        found, checksum = connection.execute(query).fetchone() or (0, "")
        if found != expected:
            raise DatasetChangedError(f"table {table} holds {found} rows, not {expected}")
        checksums[table] = checksum
    return checksums


def compare(found: Checksums, remembered: Checksums) -> None:
    """Compare two sets of checksums.

    Raises:
        DatasetChangedError: a table's differs.
    """
    for table, checksum in found.items():
        if remembered.get(table) != checksum:
            raise DatasetChangedError(f"the rows of table {table} are not those that were loaded")


def check_sample(connection: Connection, data: DataSet) -> None:
    """Make some rows of each table anew and look for them; needs the generator's functions.

    Raises:
        DatasetChangedError: one was not found.
    """
    for name, table in data.tables.items():
        step = max(1, table.rows // SAMPLE)
        query = sql.SQL(_FOUND).format(sql.SQL(table.statement), sql.Identifier(name))
        piece = table.values | {"first": 1, "last": table.rows, "step": step}
        found = connection.execute(query, piece, prepare=False).fetchone()
        if found != (len(range(1, table.rows + 1, step)),):
            raise DatasetChangedError(
                f"table {name} holds other values than seed {data.seed} gives with this release"
            )
