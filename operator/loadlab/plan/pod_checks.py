"""Whether a sweep of the service's pods and CPUs is one: refused, if not."""

from loadlab.base.quantities import whole_number
from loadlab.catalogue import Cell, Factor
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.cpu_rules import cpu_levels_of
from loadlab.model.spec.placement import ServiceCpu
from loadlab.model.status.conditions import Reason
from loadlab.plan.context import Context
from loadlab.plan.errors import PlanError
from loadlab.plan.service_cpus import cpu_field, same_amounts, service_cpu_of


def check_pods(context: Context, cells: tuple[Cell, ...]) -> None:
    """Refuse levels of replicas and serviceCpu that no pod could have, or that are none.

    Raises:
        PlanError: names the field and the remedy.
    """
    _check_running(context)
    _check_spellings(context.spec)
    _check_owned(context, cells)


def _check_running(context: Context) -> None:
    """Nothing of a service that runs already is swept."""
    running = next((v.name for v in context.variants.values() if not v.is_deployed), None)
    for factor in (Factor.REPLICAS, Factor.SERVICE_CPU):
        if running and context.spec.factors.levels(factor) is not None:
            message = (
                f"factors.{factor}: {running} runs already, and nothing of it is changed: leave "
                "one of both out"
            )
            raise PlanError(Reason.INVALID_SPEC, message)


def _check_spellings(spec: LoadExperimentSpec) -> None:
    if found := same_amounts(cpu_levels_of(spec)):
        message = f"factors.serviceCpu: {found[0]} and {found[1]} are one level: give one of them"
        raise PlanError(Reason.INVALID_SPEC, message)


def _check_owned(context: Context, cells: tuple[Cell, ...]) -> None:
    spec = context.spec
    if spec.placement.service_cpu is not ServiceCpu.EXCLUSIVE:
        return
    for cell in cells:
        pods = context.variant(cell).pods_in(cell)
        limit = service_cpu_of(spec, cell) or ""
        if pods and (whole_number(limit) or 0) % pods:
            message = (
                f"factors.replicas: {limit} CPUs ({cpu_field(spec)}) over {pods} pods are not "
                "whole, which placement.serviceCpu Exclusive needs; use Shared"
            )
            raise PlanError(Reason.INVALID_SPEC, message)
