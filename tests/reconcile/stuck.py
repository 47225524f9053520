"""An experiment that an operator which remembers cannot get on with."""

from loadlab.kube.errors import UnavailableError
from loadlab.kube.hints import Hints
from tests.reconcile.laboratory import Laboratory


def remembering() -> Laboratory:
    lab = Laboratory(forgetful=False)
    lab.submit("stuck")
    return lab


async def passes(lab: Laboratory, seconds: float) -> None:
    """A pass of `stuck` a second, as the operator makes them while they fail."""
    until = lab.now + seconds
    while lab.now < until:
        try:
            await lab.reconcile("stuck", set_aside(lab))
            lab.cluster.tick()
            lab.now += 1
        except UnavailableError:
            lab.cluster.tick()
            lab.now += 1


def set_aside(lab: Laboratory) -> Hints:
    return Hints(set_aside=lab.operator.unwritten.set_aside(lab.now))
