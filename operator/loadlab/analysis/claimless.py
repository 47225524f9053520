"""Pairs of cells of which no comparison could have shown one to be worse. Pure.

One figure of which nothing can be claimed is ordinary: too few samples lie above a p95, beside
requests/s that tell the two apart. Where all of a pair are such, whatever the cell has lost shows
nowhere, and pairs that are alike say nothing of it.
"""

from collections.abc import Iterable
from typing import TypeVar

from loadlab.model.status import Comparison

_Comparison = TypeVar("_Comparison", bound=Comparison)


def claimless(found: Iterable[_Comparison]) -> tuple[_Comparison, ...]:
    """Return the first comparison of each pair of which all have a `why`, in the order given."""
    pairs: dict[tuple[str, str], list[_Comparison]] = {}
    for each in found:
        pairs.setdefault((each.of, each.over), []).append(each)
    return tuple(pair[0] for pair in pairs.values() if all(each.why for each in pair))
