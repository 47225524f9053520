"""Workloads, their variants, and factors: the one description that everything else derives from.

A workload is a module with its WORKLOAD and an entry here, a factor is an entry of its table. The
enum, the rules and the texts of the API, the environment of pods, requests, default levels and the
cells follow. Nothing else in the operator knows a workload by its name, nor a load generator.
"""

from types import ModuleType

from loadlab.catalogue import custom, ingest, items, reference, select, simulation, sleep, wells
from loadlab.catalogue.cells import Cell, CellPattern, Factors
from loadlab.catalogue.factor_facts import Level, Server
from loadlab.catalogue.factors import Factor
from loadlab.catalogue.facts import Variant, Workload
from loadlab.catalogue.generators import Generator

__all__ = [
    "WORKLOADS",
    "Cell",
    "CellPattern",
    "Factor",
    "Factors",
    "Generator",
    "Level",
    "Server",
    "Variant",
    "Workload",
]

_MODULES: tuple[ModuleType, ...] = (
    sleep,
    select,
    simulation,
    items,
    ingest,
    wells,
    reference,
    custom,
)
WORKLOADS: dict[str, Workload] = {module.WORKLOAD.name: module.WORKLOAD for module in _MODULES}
