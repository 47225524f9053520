"""What a plan needs and a spec may leave open: chosen without chance, so that every pass agrees."""

from hashlib import sha256
from typing import Any

from loadlab.base.quantities import whole_number
from loadlab.catalogue import Factor
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.order import MAX_SEED
from loadlab.model.spec.placement import ServiceCpu
from loadlab.model.status.chosen import Chosen


def choose(experiment: Experiment) -> Chosen:
    """Return what the status says was chosen, or else what admission will choose."""
    chosen = experiment.status.chosen
    return chosen or Chosen(seed=_seed(experiment), **_service_cpu(experiment.spec))


def _service_cpu(spec: LoadExperimentSpec) -> dict[str, Any]:
    """The given placement; open where a node must be found first, unless there is none to find."""
    given, cpu = spec.placement.service_cpu, spec.resources.service.cpu
    if given is not ServiceCpu.PREFERRED:
        return {"service_cpu": given}
    whole = whole_number(cpu or "")
    if whole and not (uneven := uneven_replicas(spec)):
        return {}
    reason = f"resources.service.cpu is {cpu or 'not given'}, and only whole CPUs can be owned"
    if whole:
        reason = f"{whole} CPUs over {uneven} pods are not whole, and only whole CPUs can be owned"
    return {"service_cpu": ServiceCpu.SHARED, "service_cpu_reason": reason}


def uneven_replicas(spec: LoadExperimentSpec) -> int | None:
    """Return a number of pods that whole CPUs cannot be shared out among; None for none."""
    whole = whole_number(spec.resources.service.cpu or "") or 0
    levels = (level for level in spec.factors.levels(Factor.REPLICAS) or ())
    return next((n for n in levels if isinstance(n, int) and whole % n), None)


def _seed(experiment: Experiment) -> int:
    """The given seed, or one drawn from the uid: two experiments of one spec differ in order."""
    given = experiment.spec.order.seed
    if given is not None:
        return given
    digest = sha256(f"seed/{experiment.metadata.uid}".encode()).digest()
    return int.from_bytes(digest[:8]) % (MAX_SEED + 1)
