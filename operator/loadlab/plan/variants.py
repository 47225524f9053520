"""What the catalogue and the spec say together of an experiment's workload and variants."""

from collections.abc import Iterable

from loadlab.catalogue import WORKLOADS, Cell, Factor, Variant, Workload
from loadlab.catalogue.facts import CACHE_TTL, Asked
from loadlab.catalogue.requests import Request, Requests
from loadlab.model.names import STORES, Component
from loadlab.model.quantities import whole_number
from loadlab.model.spec import LoadExperimentSpec


def workload_of(spec: LoadExperimentSpec) -> Workload:
    """Return the workload of an experiment."""
    return WORKLOADS[spec.workload]


def facts_of(spec: LoadExperimentSpec, variant: str) -> Variant:
    """Return the facts of a variant; of an image of the user's own nothing is known."""
    return workload_of(spec).variant(variant)


def stores_of(spec: LoadExperimentSpec) -> tuple[Component, ...]:
    """Return the stores that at least one of the experiment's variants needs."""
    workload = workload_of(spec)
    needed = {store for variant in spec.variants for store in workload.stores(variant.name)}
    return tuple(store for store in STORES if store in needed)


def declared_staleness_ms(spec: LoadExperimentSpec, variant: str) -> int:
    """Return how stale a list may be after a write: as declared, with the cache's time to live."""
    given = next((v.env for v in spec.variants if v.name == variant), ())
    ttl = next((whole_number(v.value) for v in given if v.name == CACHE_TTL), None)
    return facts_of(spec, variant).stale_ms_at(ttl)


def idle_factors(spec: LoadExperimentSpec) -> Iterable[Factor]:
    """Return the factors that were given and change nothing for any of the variants.

    Not those that the API server fills in, whether they mean something or not.
    """
    workload, names = workload_of(spec), [variant.name for variant in spec.variants]
    given = (f for f in Factor if f.facts.default is None and spec.factors.levels(f) is not None)
    return (f for f in given if not any(workload.gives_meaning(f, name) for name in names))


def requests_of(spec: LoadExperimentSpec, cell: Cell) -> Requests:
    """Return the requests of a cell: the experiment's own request, or the workload's."""
    own, ask = spec.load.request, workload_of(spec).requests
    if own.path is None and ask is not None:
        return ask(Asked(cell, facts_of(spec, cell.variant), spec.postgres.scale))
    request = Request(
        name="request",
        method=own.method or "GET",
        path=own.path or "/",
        headers=own.headers,
        body=own.body,
    )
    ranges = {name: (r.min, r.max) for name, r in own.variables.items()}
    return Requests(load=(request,), variables=ranges)
