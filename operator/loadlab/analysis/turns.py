"""Whether the cells took turns, without which no difference of them is to be claimed.

With all replicates of one cell before those of the next, a slow drift of the machine is in every
ratio: of two equal cells it gave false differences in 35 (n = 5) and 61 (n = 10) of 100
experiments (docs/method.md#blocks).
"""

from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.order import Strategy

_NO_TURNS = "the cells did not take turns (order.strategy Sequential)"
_WHY = f"{_NO_TURNS}: a drift counts as a difference"
_IN_ONE_OF_TWO = "in one of the two experiments "


def why_no_turns(spec: LoadExperimentSpec, cells: int) -> str:
    """Say that a drift may be all of their differences; nothing of a cell by itself."""
    return _WHY if cells > 1 and spec.order.strategy is Strategy.SEQUENTIAL else ""


def why_no_floor(spec: LoadExperimentSpec) -> str:
    """Say of a cell that ran twice that the second time came last; nothing where they took turns.

    However near the two lie, that says nothing of cells which ran one after the other.
    """
    is_last = spec.order.strategy is Strategy.SEQUENTIAL
    return f"{_NO_TURNS}, and the second run came last" if is_last else ""


def why_not_recommended(why: str) -> str:
    """Say of the same that nothing follows from it, and what to change."""
    return f"{why}; leave order.strategy out" if why else ""


def why_no_turns_between(*whys: str) -> str:
    """Say it of two experiments, where it holds of one or of both."""
    return f"{_IN_ONE_OF_TWO}{_NO_TURNS}" if any(whys) else ""
