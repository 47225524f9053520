"""Where and with what the trials were made: versions, nodes, images, and what ran already."""

from collections.abc import Sequence

from loadlab.base.names import Component
from loadlab.model.resources import Trial
from loadlab.model.status import Environment
from loadlab.model.status.inputs import Inputs
from loadlab.model.status.served import Served
from loadlab.plan import Plan

CONTAINERS_TOLD = 5  # of a running service, that an experiment's status names


def environment_of(plan: Plan, trials: Sequence[Trial], kubernetes: str) -> Environment:
    """Return where and with what trials were made."""
    images: dict[str, str] = {}
    for trial in trials:
        variant = trial.spec.cell.variant
        known = plan.context.variants.get(variant)  # not of a trial that could not be read
        # Each variant with an image of its own has another service, and so has one that runs.
        own = known is not None and (known.image is not None or not known.is_deployed)
        service = f"{Component.SERVICE}/{variant}" if own else Component.SERVICE.value
        images |= {
            service if name == Component.SERVICE else name: image
            for name, image in trial.status.images.items()
        }
    node = next((trial.status.node for trial in trials if trial.status.node), "")
    with_result = [trial for trial in trials if trial.status.has_result]
    return Environment(
        kubernetes=kubernetes,
        node=node,
        images=images,
        inputs=_inputs(with_result),
        services=_services(with_result),
    )


def _inputs(trials: Sequence[Trial]) -> Inputs:
    """Return the ConfigMaps as they were in all trials that have a result: any other was void."""
    return {
        name: version
        for trial in trials
        for name, version in trial.status.inputs.items()
        if version
    }


def _services(trials: Sequence[Trial]) -> dict[str, Served]:
    """Return what ran behind each running service, which was the same in all of its trials."""
    asked = {trial.spec.cell.variant: trial.status.asked_service for trial in trials}
    return {
        variant: Served(pods=each.pods, containers=each.containers[:CONTAINERS_TOLD])
        for variant, each in asked.items()
        if each is not None
    }
