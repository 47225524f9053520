"""What a plan needs and a spec may leave open: chosen without chance, so that every pass agrees."""

from hashlib import sha256
from typing import Any

from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.cpu_rules import cpu_levels_of
from loadlab.model.spec.order import MAX_SEED
from loadlab.model.spec.placement import ServiceCpu
from loadlab.model.status.chosen import Chosen
from loadlab.plan.service_cpus import why_not_whole
from loadlab.plan.settling import may_settle


def choose(experiment: Experiment) -> Chosen:
    """Return what the status says was chosen, or else what admission will choose."""
    chosen = experiment.status.chosen
    return chosen or Chosen(seed=_seed(experiment), **_service_cpu(experiment.spec))


def _service_cpu(spec: LoadExperimentSpec) -> dict[str, Any]:
    """The given placement; open where a node must be found first, unless there is none to find."""
    given = spec.placement.service_cpu
    if given is not ServiceCpu.PREFERRED:
        return {"service_cpu": given}
    reason = why_not_whole(spec) or _why_unseen(spec)
    return {"service_cpu": ServiceCpu.SHARED, "service_cpu_reason": reason} if reason else {}


def _why_unseen(spec: LoadExperimentSpec) -> str:
    """Why no trial before the first block shows whether the greatest level can be owned."""
    if len(cpu_levels_of(spec)) < 2 or spec.load.has_pilots or may_settle(spec.load):
        return ""
    return (
        "without a settling trial nothing shows whether the greatest level of factors.serviceCpu "
        "can be owned; give load.settling, or placement.serviceCpu Exclusive"
    )


def _seed(experiment: Experiment) -> int:
    """The given seed, or one drawn from the uid: two experiments of one spec differ in order."""
    given = experiment.spec.order.seed
    if given is not None:
        return given
    digest = sha256(f"seed/{experiment.metadata.uid}".encode()).digest()
    return int.from_bytes(digest[:8]) % (MAX_SEED + 1)
