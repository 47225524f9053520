"""Who wrote an object's spec since we created it, as its managedFields tell.

The API server keeps for each field who wrote it last, also where it is again what it was before.
What admission made of an object as it was created is ours.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from loadlab.base.names import FIELD_MANAGER

MOST_FIELDS = 100  # of a spec, and items of a list: whoever may write an object may make them up
# Of a port; a mesh's controller may add its name or `appProtocol`, and nothing goes elsewhere.
LEADS = frozenset({".", "f:port", "f:protocol", "f:targetPort"})


def written_by_others(item: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields of a Service's spec that somebody else wrote: `selector`, `ports[80]`."""
    entries = item["metadata"].get("managedFields") or ()
    others = (each for each in entries if each.get("manager") != FIELD_MANAGER)
    specs = (_part(_part(each, "fieldsV1"), "f:spec") for each in others)
    return frozenset(name for spec in specs for name in _names(spec))


def _names(spec: Mapping[str, Any]) -> Iterator[str]:
    for key in islice(spec, MOST_FIELDS):
        field = key.removeprefix("f:")
        fields = _part(spec, key)
        items = [each for each in islice(fields, MOST_FIELDS) if each[:2] == "k:"]
        if not items:
            yield field
        led = (each for each in items if _leads(_part(fields, each)))
        yield from (f"{field}[{_port(each[2:])}]" for each in led)


def _leads(item: Mapping[str, Any]) -> bool:
    """Whether who wrote this of an item of a list said where it leads; all of it has no fields."""
    return not item or not LEADS.isdisjoint(item)


def _port(key: str) -> str:
    """Return what an item of a list is told apart by, as its key has it in JSON."""
    try:
        told = json.loads(key)
    except (ValueError, RecursionError):  # nested deeper than Python reads
        return ""
    return str(told.get("port", "")) if isinstance(told, Mapping) else ""


def _part(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = of.get(key)
    return part if isinstance(part, Mapping) else {}
