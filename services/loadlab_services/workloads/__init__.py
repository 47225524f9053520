"""What a request does: a package per workload, a short module per variant.

Each package describes itself as `WORKLOAD`; there is no other list of them.
"""

from importlib import import_module
from pkgutil import iter_modules

from loadlab_services.workload import Variant, Workload


class UnknownWorkloadError(LookupError):
    """The environment names a workload or a variant that this image does not hold."""


def load_workloads() -> dict[str, Workload]:
    """Import all descriptions."""
    names = [module.name for module in iter_modules(__path__) if module.ispkg]
    return {name: _load(name) for name in names}


def find_workload(name: str) -> Workload:
    """Import one description, or say which ones there are."""
    names = [module.name for module in iter_modules(__path__) if module.ispkg]
    if name not in names:
        raise UnknownWorkloadError(
            f"WORKLOAD: no workload {name!r}: set it to one of {', '.join(names)}"
        )
    return _load(name)


def find_variant(workload: str, variant: str) -> Variant:
    """Find a variant, or say which ones its workload has."""
    variants = find_workload(workload).variants
    if variant not in variants:
        known = ", ".join(variants) or "none"
        raise UnknownWorkloadError(
            f"VARIANT: no variant {variant!r} of workload {workload!r}: set it to one of {known}"
        )
    return variants[variant]


def _load(name: str) -> Workload:
    workload: Workload = import_module(f"{__name__}.{name}").WORKLOAD
    return workload
