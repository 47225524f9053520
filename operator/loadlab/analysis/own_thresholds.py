"""The thresholds of a script of the user's own as criteria, beside those of the experiment.

They are known once a trial is: k6 tells them with its result. Those on k6's own metrics are judged
as all criteria are; those on its checks and times by the mean of the replicates and its interval.
Its times are taken in the generator, which lengthens them as it does latencies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from loadlab.analysis.cell import MeasuredCell
from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.criteria import evaluate, judge_criterion
from loadlab.analysis.lengthened import why_longer
from loadlab.analysis.statistics import ends_of, estimate_to_decide_by
from loadlab.analysis.threshold import AGGREGATIONS, Threshold, parse_threshold
from loadlab.analysis.too_little import one_of_many
from loadlab.measurement.own_script import CHECKS, ScriptBound
from loadlab.model.status import CriterionOutcome, CriterionResult, Validity
from loadlab.validity.judged_trial import JudgedTrial

_TIMES = "http_req_duration"  # has the aggregations of every time
_SHARE = "http_req_failed"  # and this one that of a share


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


class OwnThresholds:
    """What the script of a cell's trials asks for, and the values of its own times."""

    def __init__(self) -> None:
        self.rules: dict[str, ScriptThreshold] = {}
        self._values: dict[str, list[float]] = {}

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
                self._values.setdefault(name, []).append(bound.value)
        percents = [rule.percent for rule in self.rules.values() if rule.metric == _TIMES]
        return (percent for percent in percents if percent is not None)

    def evaluate(self, cell: MeasuredCell) -> dict[str, CellOutcome]:
        """Hold a cell against all of them."""
        return {name: self._outcome(name, rule, cell) for name, rule in self.rules.items()}

    def _outcome(self, name: str, rule: ScriptThreshold, cell: MeasuredCell) -> CellOutcome:
        if rule.metric in AGGREGATIONS:
            return evaluate(rule, cell)
        return _of_own_time(rule, self._values.get(name, ()), cell)


def _parsed(bound: ScriptBound) -> ScriptThreshold:
    alike = {CHECKS: _SHARE}.get(bound.metric, _TIMES)
    metric = alike if bound.value is not None else bound.metric
    found = parse_threshold(metric, bound.threshold)
    return ScriptThreshold(
        bound.metric, found.aggregation, found.relation, found.bound, found.percent
    )


def _of_own_time(rule: Threshold, values: Sequence[float], cell: MeasuredCell) -> CellOutcome:
    figure = estimate_to_decide_by(sorted(values))
    if figure is None:  # no replicate could be used
        return CellOutcome(CriterionOutcome.INCONCLUSIVE)
    if why := one_of_many(cell, len(values)):
        return CellOutcome(CriterionOutcome.INCONCLUSIVE, figure.mean, too_little=why)
    holds, reach = rule.holds(figure.mean), ends_of(figure)
    if reach and any(rule.holds(end) is not holds for end in reach):
        return CellOutcome(CriterionOutcome.INCONCLUSIVE, figure.mean, reach=reach)
    is_time = rule.aggregation != "rate"
    if is_time and (why := why_longer(rule, cell, figure.mean)):
        return CellOutcome(CriterionOutcome.INCONCLUSIVE, figure.mean, too_little=why)
    return CellOutcome(CriterionOutcome.PASSED if holds else CriterionOutcome.FAILED, figure.mean)


def judge_script(cells: Sequence[CellWithOwn]) -> tuple[CriterionResult, ...]:
    """Return how the cells fared by the thresholds of their script; nothing without one."""
    rules = {name: rule for cell in cells for name, rule in cell.own.items()}
    return tuple(
        judge_criterion(name, rule, {c.title: c.outcomes[name] for c in cells if name in c.own})
        for name, rule in sorted(rules.items(), key=lambda item: (len(item[0]), item[0]))
    )
