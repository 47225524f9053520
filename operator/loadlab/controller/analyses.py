"""Analyses under way: the trials of an experiment are read and decoded one by one.

A thousand of them take a minute, in which others want their passes. So it is done in slices, one a
pass. What is kept between them spares work, nothing else: after a restart it begins anew.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from loadlab.analysis.cells import AnalysedCell
from loadlab.analysis.search import arms_to_analyse
from loadlab.analysis.summary import cell_analysis
from loadlab.kube.api import Cluster
from loadlab.kube.finished import Trials, read_whole_trial
from loadlab.plan import Plan

SLICE = 3.0  # seconds after which a pass begins no further cell
MOST_ANALYSES = 4


@dataclass(frozen=True, slots=True)
class _Analysis:
    generation: int
    trials: int  # of the plan, which grows where precision asks for more
    cells: list[AnalysedCell] = field(default_factory=list)  # in the plan's order, the first ones


class Analyses:
    """Reads and analyses the trials of experiments, cell by cell."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Analysis] = OrderedDict()  # by uid

    async def advance(
        self, cluster: Cluster, plan: Plan, trials: Trials
    ) -> tuple[AnalysedCell, ...] | None:
        """Analyse on for a while; return the cells of the plan once all are analysed.

        Raises:
            ClusterError: a trial could not be read now; what was analysed before is kept.
        """
        if not trials:
            return ()
        done = self._of(plan).cells
        names: dict[str, list[str]] = {}
        arms = arms_to_analyse(plan, trials)
        for planned in plan.trials:
            names.setdefault(planned.arm.title(), []).append(planned.name)
        clock = asyncio.get_running_loop().time
        until = clock() + SLICE
        for arm in arms[len(done) :]:
            analysis = cell_analysis(plan, arm)
            for name in (name for name in names[arm.title()] if name in trials):
                trial = await read_whole_trial(cluster, plan.context.experiment, name)
                if trial is not None:
                    await asyncio.to_thread(analysis.add, trial)
            done.append(await asyncio.to_thread(analysis.analysed_cell))
            if clock() > until:
                break
        return tuple(done) if len(done) == len(arms) else None

    def _of(self, plan: Plan) -> _Analysis:
        metadata, trials = plan.context.experiment.metadata, len(plan.trials)
        found = self._known.pop(metadata.uid, None)
        if found is None or (found.generation, found.trials) != (metadata.generation, trials):
            found = _Analysis(metadata.generation, trials)
        self._known[metadata.uid] = found
        while len(self._known) > MOST_ANALYSES:
            self._known.popitem(last=False)
        return found
