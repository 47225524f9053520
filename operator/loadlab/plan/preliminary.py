"""The trials before the first block, whose results count nowhere.

The first trial of an experiment is always noisier than the others: images are unpacked, caches are
cold, and what was deployed a moment ago still starts. So one trial settles the machine first.
"""

from collections.abc import Sequence

from loadlab.base.names import preliminary_name
from loadlab.base.quantities import seconds
from loadlab.model.resources import Experiment
from loadlab.model.spec.load import Load
from loadlab.model.trial import TrialRole
from loadlab.plan.planned_trial import PlannedTrial


def plan_preliminary(
    experiment: Experiment, trials: Sequence[PlannedTrial]
) -> tuple[PlannedTrial, ...]:
    """Return the settling trial: the first one's cell under a short load.

    None where it is not wanted, and none before a single trial, which it would nearly double.
    """
    load = experiment.spec.load
    if len(trials) < 2 or not seconds(load.settling):
        return ()
    settling = PlannedTrial(
        name=preliminary_name(experiment.children_name, 1),
        cell=trials[0].cell,
        load=_settling(load),
        replicate=0,
        position=1,
        role=TrialRole.SETTLING,
    )
    return (settling,)


def _settling(load: Load) -> Load:
    length = min(load.settling, load.duration, key=seconds)
    ramp_up = min(load.ramp_up, length, key=seconds)
    return load.model_copy(update={"duration": length, "ramp_up": ramp_up, "warmup": "0s"})
