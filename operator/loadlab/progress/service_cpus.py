"""Whether the service owns its CPUs, where that is preferred: found out once, with the first trial.

The scheduler alone knows what is free, so it is asked by the first trial's own service. What it
answers stands in `status.chosen` before any result does: no comparison mixes the two.
"""

from loadlab.base.names import Component
from loadlab.base.quantities import cpus, share_of
from loadlab.catalogue import Cell, Factor
from loadlab.model.resources import Trial
from loadlab.model.spec.placement import ServiceCpu
from loadlab.model.status.chosen import Chosen
from loadlab.model.status.conditions import Reason
from loadlab.plan import Plan
from loadlab.plan.service_cpus import most_cpus_first, service_cpu_of
from loadlab.progress.attempts import next_attempt
from loadlab.progress.deadlines import CPUS_SOUGHT_SECONDS
from loadlab.progress.decision import Failure, RecordTrial
from loadlab.progress.observed import Observed, PodView
from loadlab.progress.refused_creation import sentence_of
from loadlab.progress.trials import has_results
from loadlab.progress.unplaced import asked_for, sentence


def choose_cpus(
    plan: Plan, trial: Trial, observed: Observed, run: str, now: float
) -> Chosen | None:
    """Return what the first service shows; None while it shows nothing, and once it is chosen."""
    chosen = plan.context.chosen
    if (
        not plan.context.is_deployed
        or chosen.service_cpu is not None
        or trial.status.timings is None
    ):
        return None
    if has_results(observed):  # the operator died before it had written down what they show
        return plan.context.settled
    cell = trial.spec.cell
    if most_cpus_first(cell) > min(map(most_cpus_first, plan.cells)):
        # The trial with the most of them was deleted: this one shows too little for the others.
        return _shared(chosen, f"the first trial had {cell.level(Factor.SERVICE_CPU)} CPU only")
    pods = observed.pods_of(run, Component.SERVICE)
    # One that is bound to a node may still be refused there, by the kubelet's CPU manager.
    admitted = [pod for pod in pods if pod.phase == "Running"]
    if len(admitted) >= plan.variant(cell).pods_in(cell):
        return chosen.model_copy(update={"service_cpu": ServiceCpu.EXCLUSIVE})
    why = _why_none(observed, run)
    if not why or now - trial.status.timings.started < CPUS_SOUGHT_SECONDS:
        return None
    wanted = service_cpu_of(plan.context.spec, cell)
    return _shared(chosen, f"nothing had {wanted} CPU free for the service alone: {why}")


def _shared(chosen: Chosen, reason: str) -> Chosen:
    return chosen.model_copy(
        update={"service_cpu": ServiceCpu.SHARED, "service_cpu_reason": reason}
    )


def _why_none(observed: Observed, run: str) -> str:
    """Return why the service gets no CPUs, as the scheduler or a quota says it; empty for none."""
    said = [sentence(pod) for pod in observed.pods_of(run, Component.SERVICE)]
    refusals = [
        sentence_of(controller.refusal)
        for controller in observed.controllers
        if controller.run == run and controller.component is Component.SERVICE
    ]
    short = [words for words in said if "cpu" in words]
    refused = [words for words in refusals if "requests.cpu" in words]
    return next(iter((*short, *refused)), "")


def only_asks(plan: Plan, pod: PodView) -> bool:
    """Whether a pod that fits no node only asks for CPUs of its own, and is given up for none."""
    context = plan.context
    is_open = context.spec.placement.service_cpu is ServiceCpu.PREFERRED
    if not is_open or context.chosen.service_cpu is ServiceCpu.EXCLUSIVE:
        return False
    cell = next((it.cell for it in plan.in_order if pod.run.startswith(f"{it.name}-a")), None)
    if cell is None or pod.component is not Component.SERVICE:
        return False
    is_asking = asked_for(pod)[0] >= _part(plan, cell)
    return is_asking and "cpu" in pod.unschedulable


def _part(plan: Plan, cell: Cell) -> float:
    """Return the CPUs of one pod of a cell."""
    limit = service_cpu_of(plan.context.spec, cell) or "0"
    return cpus(share_of(limit, plan.variant(cell).pods_in(cell)))


def start_over(plan: Plan, trial: Trial) -> tuple[RecordTrial, ...]:
    """Return what starts a run again that was started before it was known who owns CPUs."""
    if trial.status.service_cpu in {None, plan.context.service_cpu}:
        return ()
    failure = Failure(Reason.NO_OWN_CPUS, plan.context.chosen.service_cpu_reason)
    return (RecordTrial(trial.metadata.name, next_attempt(trial.status, failure)),)
