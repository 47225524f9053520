"""Fields of a status that are left out where they say nothing, so that a hundred rows fit."""

from typing import Any


def without_default(schema: dict[str, Any]) -> None:
    """Keep a field's default out of the CRD: the API server would write it into every row."""
    schema.pop("default")
