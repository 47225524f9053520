"""The thresholds of a script of the user's own as criteria, beside those of the experiment.

They are known once a trial is: k6 tells them with its result. Those on k6's own metrics are judged
as all criteria are; those on its times by the mean of the replicates and its interval, and by what
so few values leave of a percentile; those on its checks by how many there were, as failures are.
Its times are taken in the generator, which lengthens them as it does latencies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from loadlab.analysis.cell import MeasuredCell
from loadlab.analysis.cell_outcome import (
    FEW_VALUES,
    REPLICATES,
    CellOutcome,
    Whose,
    outcome_of,
)
from loadlab.analysis.criteria import evaluate, judge_criterion
from loadlab.analysis.lengthened import why_longer
from loadlab.analysis.percentile_ends import LONGEST, Ends, PercentileEnds, leeway_of
from loadlab.analysis.shares import Counts, share_estimate
from loadlab.analysis.statistics import ends_of, estimate_to_decide_by
from loadlab.analysis.survivors import beside_spoiled
from loadlab.analysis.threshold import AGGREGATIONS, Threshold, parse_threshold
from loadlab.analysis.too_little import one_of_many
from loadlab.measurement.own_script import CHECKS, ScriptBound
from loadlab.model.status import CriterionOutcome, CriterionResult, Figure, Validity
from loadlab.validity.judged_trial import JudgedTrial

_TIMES = "http_req_duration"  # has the aggregations of every time
_SHARE = "http_req_failed"  # and this one that of a share
_UNCOUNTED = (
    "a trial of an earlier release does not say of how many values it tells: run the experiment "
    "again"
)


@dataclass(frozen=True, slots=True)
class ScriptThreshold(Threshold):
    """A bound on one metric of a script: its text names the metric, as nothing else does."""

    def __str__(self) -> str:
        return f"{self.metric} {Threshold.__str__(self)}"


class CellWithOwn(Protocol):
    """A cell and how it fared by criteria, those of its script among them."""

    @property
    def own(self) -> Mapping[str, ScriptThreshold]: ...
    @property
    def outcomes(self) -> Mapping[str, CellOutcome]: ...
    @property
    def title(self) -> str: ...


@dataclass(slots=True)
class _Known:
    """What the replicates say of one metric of a script's own."""

    values: list[float] = field(default_factory=list)
    checks: list[Counts] = field(default_factory=list)
    ends: list[PercentileEnds] = field(default_factory=list)  # of a percentile

    def add(self, bound: ScriptBound, value: float, percent: float | None) -> None:
        """Add one more replicate."""
        self.values.append(value)
        if bound.checks is not None:
            self.checks.append(bound.checks)
        if bound.nearby is not None and percent is not None:
            self.ends.append(PercentileEnds.of_values(bound.nearby, value, percent))

    @property
    def figure(self) -> Figure | None:
        """What is decided by."""
        return share_estimate(self.checks) or estimate_to_decide_by(sorted(self.values))

    def why_uncounted(self, rule: Threshold) -> str:
        """Say that a replicate does not tell how many values it has, where that matters."""
        if rule.relation[0] not in "<>":
            return ""
        if rule.aggregation == "rate":
            counted = len(self.checks)
        elif rule.percent is not None and rule.percent < LONGEST:
            counted = len(self.ends)
        else:
            return ""
        return _UNCOUNTED if counted < len(self.values) else ""


class OwnThresholds:
    """What the script of a cell's trials asks for, and the values of its own times."""

    def __init__(self) -> None:
        self.rules: dict[str, ScriptThreshold] = {}
        self._known: dict[str, _Known] = {}

    def add(self, judged: JudgedTrial) -> Iterator[float]:
        """Add one more trial; return the percentiles of requests that are asked for."""
        script = judged.measurement.script
        for number, bound in enumerate(script.bounds if script else (), start=1):
            name = f"script-{number}"
            rule = _parsed(bound)
            is_used = judged.judgement.validity is not Validity.INVALID
            # Somebody who changes the script meanwhile has no replicates of the same.
            is_same = self.rules.setdefault(name, rule) == rule
            if bound.value is not None and is_used and is_same:
                self._known.setdefault(name, _Known()).add(bound, bound.value, rule.percent)
        percents = [rule.percent for rule in self.rules.values() if rule.metric == _TIMES]
        return (percent for percent in percents if percent is not None)

    def evaluate(self, cell: MeasuredCell) -> dict[str, CellOutcome]:
        """Hold a cell against all of them."""
        return {name: self._outcome(name, rule, cell) for name, rule in self.rules.items()}

    def _outcome(self, name: str, rule: ScriptThreshold, cell: MeasuredCell) -> CellOutcome:
        if rule.metric in AGGREGATIONS:
            return evaluate(rule, cell)
        found = _decided(rule, self._known.get(name, _Known()), cell)
        return beside_spoiled(rule, cell, found)


def _parsed(bound: ScriptBound) -> ScriptThreshold:
    alike = {CHECKS: _SHARE}.get(bound.metric, _TIMES)
    metric = alike if bound.value is not None else bound.metric
    found = parse_threshold(metric, bound.threshold)
    return ScriptThreshold(
        bound.metric, found.aggregation, found.relation, found.bound, found.percent
    )


def _decided(rule: Threshold, known: _Known, cell: MeasuredCell) -> CellOutcome:
    """Decide by the replicates' mean, where nothing that it may be as well undoes the decision."""
    figure = known.figure
    if figure is None:  # no replicate could be used
        return CellOutcome(CriterionOutcome.INCONCLUSIVE)
    if why := one_of_many(cell, len(known.values)) or known.why_uncounted(rule):
        return CellOutcome(CriterionOutcome.INCONCLUSIVE, figure.mean, too_little=why)
    holds = rule.holds(figure.mean)
    for ends, whose in _reaches(rule, known, figure):
        if any(rule.holds(end) is not holds for end in ends):
            return CellOutcome(CriterionOutcome.INCONCLUSIVE, figure.mean, reach=ends, whose=whose)
    is_time = rule.aggregation != "rate"
    if is_time and (why := why_longer(rule, cell, figure.mean)):
        return CellOutcome(CriterionOutcome.INCONCLUSIVE, figure.mean, too_little=why)
    return CellOutcome(outcome_of(holds), figure.mean)


def _reaches(rule: Threshold, known: _Known, figure: Figure) -> Iterator[tuple[Ends, Whose]]:
    """Yield how far the truth may lie from a figure, and whose doing it is.

    The interval of a share never excludes 0 or 1 where all checks came out so, nor any number.
    """
    ends, is_share = ends_of(figure), rule.aggregation == "rate"
    if ends and not (is_share and _is_never_decided(rule)):
        yield ends, REPLICATES
    leeway = leeway_of(known.ends) if rule.relation[0] in "<>" else None
    if leeway:
        yield leeway.around(figure.mean), FEW_VALUES


def _is_never_decided(rule: Threshold) -> bool:
    """Whether no interval of a share ever lies on one side: of an equality, of all, and of none."""
    extreme = {"<=": 0.0, ">=": 1.0}.get(rule.relation)
    return rule.relation[0] in "=!" or rule.bound == extreme


def judge_script(cells: Sequence[CellWithOwn]) -> tuple[CriterionResult, ...]:
    """Return how the cells fared by the thresholds of their script; nothing without one."""
    rules = {name: rule for cell in cells for name, rule in cell.own.items()}
    return tuple(
        judge_criterion(name, rule, {c.title: c.outcomes[name] for c in cells if name in c.own})
        for name, rule in sorted(rules.items(), key=lambda item: (len(item[0]), item[0]))
    )
