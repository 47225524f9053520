"""The plans that were made, so that a pass need not make one anew.

A plan depends on the spec, on what was chosen, on the uid and the images. All of it stays as long
as uid and generation do, so these find a plan again; what else the experiment says is always the
newest. Bounded: the plan of a thousand trials takes 1 MiB beside its spec.
"""

from collections import OrderedDict
from dataclasses import replace

from loadlab.model.resources import Experiment
from loadlab.model.status.chosen import Chosen
from loadlab.plan import Images, Plan, make_plan
from loadlab.plan.chosen import choose

MOST_PLANS = 4  # of the experiment under way, of the next ones, and of those that were terminated
_Key = tuple[str, int, Chosen, Images]


class Plans:
    """Makes plans, and keeps those that were asked for last."""

    def __init__(self) -> None:
        self._made: OrderedDict[_Key, Plan] = OrderedDict()

    def plan_of(self, experiment: Experiment, images: Images) -> Plan:
        """Return the plan of an experiment.

        Raises:
            PlanError: the spec asks for what cannot be run.
        """
        metadata = experiment.metadata
        key = metadata.uid, metadata.generation, choose(experiment), images
        plan = self._made.pop(key, None) or make_plan(experiment, images)
        self._made[key] = plan
        while len(self._made) > MOST_PLANS:
            self._made.popitem(last=False)
        return replace(plan, context=replace(plan.context, experiment=experiment))
