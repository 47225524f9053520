"""What goes with the CPUs of the service: said once, or as a factor, and whole where owned."""

from typing import TYPE_CHECKING

from loadlab.base.quantities import amount, whole_number
from loadlab.base.rules import Rule
from loadlab.catalogue import Factor
from loadlab.model.spec.limits import Amounts, Resources
from loadlab.model.spec.placement import ServiceCpu

if TYPE_CHECKING:
    from loadlab.model.spec.experiment import LoadExperimentSpec

_SERVICE = "self.resources.service"
_FILLED_IN: Amounts = Resources().service  # by the API server, where a spec says nothing of it


def cpu_levels_of(spec: "LoadExperimentSpec") -> tuple[str, ...]:
    """Return every CPU limit that the service has in some cell; none where it has no limit."""
    swept = spec.factors.levels(Factor.SERVICE_CPU)
    if swept is not None:
        return tuple(map(str, swept))
    fixed = spec.resources.service.cpu
    return () if fixed is None else (fixed,)


def _is_swept(spec: "LoadExperimentSpec") -> bool:
    return spec.factors.levels(Factor.SERVICE_CPU) is not None


def _says_the_cpus_once(spec: "LoadExperimentSpec") -> bool:
    service = spec.resources.service
    return not _is_swept(spec) or service.cpu is None or service == _FILLED_IN


def _requests_no_more_than_any_level(spec: "LoadExperimentSpec") -> bool:
    asked = spec.resources.service.cpu_request
    if not _is_swept(spec) or asked is None:
        return True
    return all(amount(asked) <= amount(level) for level in cpu_levels_of(spec))


def _is_exclusive(spec: "LoadExperimentSpec") -> bool:
    return spec.placement.service_cpu is ServiceCpu.EXCLUSIVE


def _owns_whole_cpus(spec: "LoadExperimentSpec") -> bool:
    levels = cpu_levels_of(spec)
    return not _is_exclusive(spec) or (
        bool(levels) and all(whole_number(level) is not None for level in levels)
    )


def _owned_cpus_are_the_requested(spec: "LoadExperimentSpec") -> bool:
    service = spec.resources.service
    return not _is_exclusive(spec) or (
        service.cpu_request is None and service.memory_request is None
    )


def cpu_rules() -> tuple[Rule["LoadExperimentSpec"], ...]:
    """Return the rules of a spec about the CPUs of its service."""
    return (
        Rule(
            f"!has(self.factors.serviceCpu) || !has({_SERVICE}.cpu) || "
            f"({_SERVICE}.cpu == '{_FILLED_IN.cpu}' && has({_SERVICE}.memory) && "
            f"{_SERVICE}.memory == '{_FILLED_IN.memory}' && !has({_SERVICE}.cpuRequest) && "
            f"!has({_SERVICE}.memoryRequest))",
            _says_the_cpus_once,
            "factors.serviceCpu sweeps what resources.service.cpu fixes: give one of them",
            ".factors",
        ),
        Rule(
            f"!has(self.factors.serviceCpu) || !has({_SERVICE}.cpuRequest) || "
            "self.factors.serviceCpu.all(c, "
            f"quantity({_SERVICE}.cpuRequest).compareTo(quantity(c)) <= 0)",
            _requests_no_more_than_any_level,
            "resources.service.cpuRequest must not exceed the least level of factors.serviceCpu",
            ".factors",
        ),
        Rule(
            "self.placement.serviceCpu != 'Exclusive' || (has(self.factors.serviceCpu) ? "
            "self.factors.serviceCpu.all(c, c.matches('^[0-9]+$')) : "
            f"(has({_SERVICE}.cpu) && {_SERVICE}.cpu.matches('^[0-9]+$')))",
            _owns_whole_cpus,
            'serviceCpu Exclusive needs whole CPUs, such as cpu: "1"',
            ".resources",
        ),
        Rule(
            f"self.placement.serviceCpu != 'Exclusive' || !(has({_SERVICE}.cpuRequest) || "
            f"has({_SERVICE}.memoryRequest))",
            _owned_cpus_are_the_requested,
            "serviceCpu Exclusive requests what the limits are: give cpu and memory only",
            ".resources",
        ),
    )
