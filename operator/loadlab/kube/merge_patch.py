"""JSON merge patch (RFC 7386): what turns one status into another."""

from typing import Any


def merge_patch(former: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the patch from one object to another; empty where they are equal."""
    patch: dict[str, Any] = {name: None for name in former if name not in wanted}
    for name, value in wanted.items():
        before = former.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            if inner := merge_patch(before, value):
                patch[name] = inner
        elif name not in former or value != before:
            patch[name] = value
    return patch
