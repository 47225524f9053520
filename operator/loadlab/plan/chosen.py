"""What a plan needs and a spec may leave open: chosen without chance, so that every pass agrees."""

from hashlib import sha256

from loadlab.model.resources import Experiment
from loadlab.model.spec.experiment import MAX_SEED
from loadlab.model.status.chosen import Chosen


def choose(experiment: Experiment) -> Chosen:
    """Return what the status says was chosen, or else what admission will choose."""
    return experiment.status.chosen or Chosen(seed=_seed(experiment))


def _seed(experiment: Experiment) -> int:
    """The given seed, or one drawn from the uid: two experiments of one spec differ in order."""
    given = experiment.spec.order.seed
    if given is not None:
        return given
    digest = sha256(f"seed/{experiment.metadata.uid}".encode()).digest()
    return int.from_bytes(digest[:8]) % (MAX_SEED + 1)
