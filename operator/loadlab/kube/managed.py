"""What an object's managedFields cost: whoever may create it may make them up.

The API server merges them at each write. Of an experiment with 105,000 paths, which is 1.3 MB and
one entry, a write took it 36 s of CPU (20,000: 7 s; measured on two busy cores), in which it
answered nobody in time. So of such an object nothing is written at all.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

MOST_PATHS = 10_000  # of all managers together; those of an honest experiment are hundreds


def why_not_written(body: Mapping[str, Any]) -> str:
    """Say why an object is not to be written; empty where it may be."""
    fields = (entry.get("fieldsV1") for entry in body["metadata"].get("managedFields") or ())
    paths = sum(1 for one in fields for _ in islice(_paths(one), MOST_PATHS + 1))
    if paths <= MOST_PATHS:
        return ""
    return (
        f"metadata.managedFields name more than {MOST_PATHS:,} fields, and a write of them holds "
        "up the API server: create it anew without managedFields"
    )


def _paths(fields: object) -> Iterator[None]:
    """Yield once for each path; by a stack, as they may be nested as deep as JSON goes."""
    stack = [fields]
    while stack:
        if isinstance(one := stack.pop(), Mapping):
            for value in one.values():
                yield None
                stack.append(value)
