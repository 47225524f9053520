"""How many CPUs the service has in a cell: the level of the factor, or what all cells have."""

from collections.abc import Iterable

from loadlab.base.quantities import cpus, share_of, whole_number
from loadlab.catalogue import Cell, Factor
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.cpu_rules import cpu_levels_of


def service_cpu_of(spec: LoadExperimentSpec, cell: Cell) -> str | None:
    """Return the CPU limit of all pods of the service together; None for no limit."""
    level = cell.level(Factor.SERVICE_CPU)
    return spec.resources.service.cpu if level is None else str(level)


def limit_of_pods(spec: LoadExperimentSpec, cell: Cell, pods: int) -> float | None:
    """Return the CPUs that so many pods may use together: what is left of a share goes to none."""
    limit = service_cpu_of(spec, cell)
    return None if limit is None else cpus(share_of(limit, pods)) * pods


def most_cpus_first(cell: Cell) -> float:
    """Order cells by their level, the greatest first; alike where there is no such factor."""
    level = cell.level(Factor.SERVICE_CPU)
    return 0.0 if level is None else -cpus(str(level))


def why_not_whole(spec: LoadExperimentSpec) -> str:
    """Return why there are no whole CPUs for every pod to own; empty where there are."""
    field = cpu_field(spec)
    for level in cpu_levels_of(spec) or (None,):
        if not whole_number(level or ""):
            return f"{field} is {level or 'not given'}, and only whole CPUs can be owned"
    if uneven := _uneven_share(spec):
        whole, pods = uneven
        return f"{whole} CPUs over {pods} pods are not whole, and only whole CPUs can be owned"
    return ""


def _uneven_share(spec: LoadExperimentSpec) -> tuple[int, int] | None:
    """Return whole CPUs and a number of pods that they cannot be shared out among; None for none.

    A pair that exclude leaves out whatever else a cell has is none.
    """
    wholes = [(level, whole_number(level) or 0) for level in cpu_levels_of(spec) or ("0",)]
    pods = [n for n in spec.factors.levels(Factor.REPLICAS) or () if isinstance(n, int)]
    left_out = [pattern.dump() for pattern in spec.exclude]
    for level, whole in wholes:
        for n in pods:
            pair = {Factor.SERVICE_CPU.value: level, Factor.REPLICAS.value: n}
            if whole % n and not any(each and each.items() <= pair.items() for each in left_out):
                return whole, n
    return None


def same_amounts(levels: Iterable[str]) -> tuple[str, str] | None:
    """Return two levels that are one amount in two spellings; None for none."""
    known: dict[float, str] = {}
    for level in levels:
        other = known.setdefault(cpus(level), level)
        if other != level:
            return other, level
    return None


def cpu_field(spec: LoadExperimentSpec) -> str:
    """Return the field that says how many CPUs the service has."""
    is_swept = spec.factors.levels(Factor.SERVICE_CPU) is not None
    return "factors.serviceCpu" if is_swept else "resources.service.cpu"
