"""The cells of an experiment and the order of its trials."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, TypeVar

from loadlab.catalogue import Cell, Factor, Level
from loadlab.catalogue.factor_facts import Arrivals
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.order import Strategy
from loadlab.model.status.chosen import Chosen
from loadlab.model.status.conditions import Reason
from loadlab.model.trial import TrialRole
from loadlab.plan.bounds import FEWEST_STEPS
from loadlab.plan.errors import PlanError
from loadlab.plan.sweep import Budget, Sweep, UncountableError
from loadlab.plan.variants import workload_of

# A state takes some 20 µs. Sweeps that fit maxTrials need hundreds, mostly; ten thousand are over
# in a quarter of a second and hold 2 MB.
STATES = 10_000


class _Titled(Protocol):
    def title(self) -> str: ...


_TitledT = TypeVar("_TitledT", bound=_Titled)


@dataclass(frozen=True, slots=True)
class Arm:
    """What runs once in each block: a cell, or the control cell under a second name."""

    cell: Cell
    role: TrialRole = TrialRole.MEASURED

    def title(self) -> str:
        """Spell it as one word; the second name has its own place in each block's order."""
        title = self.cell.title()
        return title if self.role is TrialRole.MEASURED else f"{title}/again"


def arms_of(spec: LoadExperimentSpec, cells: Sequence[Cell]) -> tuple[Arm, ...]:
    """Return the arms of these cells, the second run of the first one last."""
    again = (Arm(cells[0], TrialRole.CONTROL_AGAIN),) if _is_control_twice(spec) else ()
    return (*map(Arm, cells), *again)


def _is_control_twice(spec: LoadExperimentSpec) -> bool:
    return spec.comparison is not None and spec.comparison.control_twice


def levels_of(spec: LoadExperimentSpec, factor: Factor) -> tuple[Level, ...]:
    """Return the levels of a factor; none where the executor gives it no meaning."""
    arrivals = Arrivals.OPEN if spec.load.is_open else Arrivals.CLOSED
    if factor.facts.arrivals not in {None, arrivals}:
        return ()
    unset = () if factor.facts.unset is None else (factor.facts.unset,)
    return spec.factors.levels(factor) or unset


def cells_of(spec: LoadExperimentSpec) -> tuple[Cell, ...]:
    """Return all cells, variants first; a factor without meaning for a variant is left out.

    Raises:
        PlanError: there are none, or more than maxTrials allows; they were counted, not built.
    """
    budget = Budget(STATES)
    names = dict.fromkeys(variant.name for variant in spec.variants)
    sweeps = {name: _sweep_of(spec, name, budget) for name in names}
    _check_size(spec, list(sweeps.values()))
    return tuple(
        Cell.model_validate({"variant": name, **dict(zip(sweep.factors, levels, strict=True))})
        for name, sweep in sweeps.items()
        for levels in sweep
    )


def _sweep_of(spec: LoadExperimentSpec, variant: str, budget: Budget) -> Sweep:
    workload = workload_of(spec)
    swept = {
        factor.value: levels
        for factor in Factor
        if workload.gives_meaning(factor, variant) and (levels := levels_of(spec, factor))
    }
    patterns = [
        {name: level for name, level in pattern.dump().items() if name != "variant"}
        for pattern in spec.exclude
        if pattern.dump() and pattern.variant in {None, variant}  # an empty one leaves nothing out
    ]
    return Sweep(swept, patterns, budget)


def _check_size(spec: LoadExperimentSpec, sweeps: Sequence[Sweep]) -> None:
    try:
        cells = sum(sweep.count() for sweep in sweeps)
    except UncountableError as error:
        message = (
            f"factors are {sum(s.combinations for s in sweeps)} combinations, of which exclude "
            "leaves out more overlapping sets than can be counted; sweep fewer levels or exclude "
            "fewer patterns"
        )
        raise PlanError(Reason.TOO_MANY_TRIALS, message) from error
    if not cells:
        raise PlanError(Reason.NO_TRIALS, "spec.exclude leaves no cell; exclude fewer")
    if spec.load.search is not None:
        _check_steps(spec, cells)
        return
    again = int(_is_control_twice(spec))
    trials = (cells + again) * spec.replicates
    if trials > spec.max_trials:
        what = f"({cells} cells + comparison.controlTwice)" if again else f"{cells} cells"
        message = (
            f"{what} x {spec.replicates} replicates are {trials} trials, more than "
            f"maxTrials {spec.max_trials}; sweep fewer levels or raise maxTrials"
        )
        raise PlanError(Reason.TOO_MANY_TRIALS, message)


def _check_steps(spec: LoadExperimentSpec, cells: int) -> None:
    if cells * FEWEST_STEPS > spec.max_trials:
        message = (
            f"a search takes {FEWEST_STEPS} trials of a cell or more, and {cells} cells have "
            f"maxTrials {spec.max_trials}; sweep fewer levels or raise maxTrials"
        )
        raise PlanError(Reason.TOO_MANY_TRIALS, message)


def ordered_steps(chosen: Chosen, cells: tuple[Cell, ...]) -> tuple[tuple[Cell, int], ...]:
    """Return (cell with its rate, step) of a search, in the order in which they run.

    A step of each cell in turn, in an order drawn from the seed. A cell whose search has ended
    takes no further step, so that the order of those that were made never changes.
    """
    rates = {load.cell: load.rates for load in chosen.loads}
    unknown: tuple[int | None, ...] = (None,)
    steps = {cell.title(): rates.get(cell.title()) or unknown for cell in cells}
    return tuple(
        (cell.model_copy(update={Factor.RATE.attribute: steps[cell.title()][step - 1]}), step)
        for step in range(1, max(map(len, steps.values())) + 1)
        for cell in drawn(cells, f"{chosen.seed}/{step}")
        if len(steps[cell.title()]) >= step
    )


def ordered(
    spec: LoadExperimentSpec, chosen: Chosen, cells: tuple[Cell, ...]
) -> tuple[tuple[Arm, int], ...]:
    """Return (arm, replicate) in the order in which they run.

    Interleaved: each replicate of all arms is one block, in an order drawn from the seed by
    hashing, which every Python version draws alike. The arms take turns in being the first of a
    block, where a machine may be cold: of any two one is first at most once more than the other.
    """
    arms = arms_of(spec, cells)
    replicates = range(1, (chosen.replicates or spec.replicates) + 1)
    if spec.order.strategy is Strategy.SEQUENTIAL:
        return tuple((arm, replicate) for arm in arms for replicate in replicates)

    turns = drawn(arms, f"{chosen.seed}/first")
    blocks = {r: drawn(arms, f"{chosen.seed}/{r}") for r in replicates}
    return tuple(
        (arm, replicate)
        for replicate, block in blocks.items()
        for arm in _with_first(turns[(replicate - 1) % len(turns)], block)
    )


def drawn(titled: Iterable[_TitledT], seed: str) -> list[_TitledT]:
    """Return cells or arms in an order drawn by hashing: the same for the same seed."""
    return sorted(titled, key=lambda it: sha256(f"{seed}/{it.title()}".encode()).hexdigest())


def _with_first(first: Arm, block: list[Arm]) -> list[Arm]:
    return [first, *(arm for arm in block if arm != first)]
