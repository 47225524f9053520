"""A table as Parquet, by the extra `loadlab[parquet]` (polars, which needs nothing beside it)."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from loadlab.cli.errors import CliError


def parquet_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Write rows as a Parquet file; the types of the columns are those of their values.

    Raises:
        CliError: the extra is not installed.
    """
    try:
        import polars  # noqa: PLC0415 (an extra, and slow)
    except ImportError as error:
        raise CliError(
            f"Parquet needs the extra parquet ({error}): pip install 'loadlab[parquet]', or in a "
            "checkout pip install '.[cli,parquet]'; -o csv needs nothing"
        ) from error
    written = io.BytesIO()
    polars.DataFrame(list(rows), infer_schema_length=None, strict=False).write_parquet(written)
    return written.getvalue()
