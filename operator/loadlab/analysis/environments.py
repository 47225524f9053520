"""In what the environments of two experiments differ, beside what is compared.

Conditions decide what a figure is worth: the load, the limits, the preparation, the settings of the
stores that are used, and what the operator chose where the spec left it open. Of a service that ran
already they are that it did, how many pods it had, and what these may use. The rest (versions,
node, images of stores, who may speak to whom) is told only: two runs are hardly ever alike in all
of it. So is the rate that was chosen for a cell: at two rates it is two cells, and those are not
compared.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from loadlab.base.names import STORES, Component
from loadlab.base.quantities import amount, seconds
from loadlab.base.text import fit
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.config_maps import config_maps_of
from loadlab.model.spec.pod import PodFields
from loadlab.model.status import Environment, LoadExperimentStatus
from loadlab.model.status.inputs import is_same_input
from loadlab.model.status.served import Served, ServedContainer
from loadlab.plan.variants import stores_of

LONGEST_DIFFERENCE = 200  # characters
LONGEST_VALUE = 60
# Images are the environment's; whose a database is, and whether it may be cleared, is no setting.
_NO_SETTINGS = {"image", "secretRef", "overwrite"}
# How the pod that prepares comes about, and how long it may take, changes nothing of what it does.
_NO_PREPARATION = {"timeout", *(each.alias or n for n, each in PodFields.model_fields.items())}
_CHOSEN_BY_CHANCE = {"seed", "serviceCpuReason", "replicates", "layout"}
_BY_PILOTS = {"loads"}  # what they carried is never twice the same, and decides but the rates
_COMPARED = {"name", "image", "env", "envFrom", "files"}  # of a variant
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conditions:
    """An experiment as far as it says under what its figures were made."""

    spec: LoadExperimentSpec
    status: LoadExperimentStatus


@dataclass(frozen=True, slots=True)
class Contrast:
    """One thing in which two experiments differ."""

    name: str
    text: str
    is_condition: bool  # figures made under both can't be compared


def contrasts_of(here: Conditions, there: Conditions) -> tuple[Contrast, ...]:
    """Return in what two experiments differ, conditions first."""
    sides = here, there
    stores = {*stores_of(here.spec), *stores_of(there.spec)}
    conditions = [_conditions(side, stores) for side in sides]
    services = tuple(_services(here, there))
    variants = {v.name for v in here.spec.variants} & {v.name for v in there.spec.variants}
    cells = _rates(here).keys() & _rates(there).keys()
    others = [_others(side, variants, cells) for side in sides]
    inputs = tuple(_inputs(here, there))
    return (
        *_contrasts(*conditions, is_condition=True),
        *(each for each in (*services, *inputs) if each.is_condition),
        *_contrasts(*others, is_condition=False),
        *(each for each in (*services, *inputs) if not each.is_condition),
    )


def _conditions(side: Conditions, stores: Iterable[Component]) -> Document:
    spec: dict[str, Any] = side.spec.dump()
    chosen = side.status.chosen.dump() if side.status.chosen else {}
    untold = _CHOSEN_BY_CHANCE | (set() if side.spec.load.search else _BY_PILOTS)
    return {
        "load": {n: value for n, value in spec["load"].items() if n != "calibration"},
        "resources": spec["resources"],
        "preparation": _without(spec.get("preparation") or {}, _NO_PREPARATION),
        **{store: _without(spec[store], _NO_SETTINGS) for store in stores},
        # A release that did not say so kept nobody apart.
        "chosen": {"generatorApart": False, **_without(chosen, untold)},
    }


def _inputs(here: Conditions, there: Conditions) -> Iterator[Contrast]:
    """Compare the ConfigMaps that both name; one of a variant is a part of what is compared."""
    sides = here, there
    given = (config_maps_of(side.spec.load, side.spec.preparation) for side in sides)
    decisive = set[str]().union(*given)
    for name in sorted(set.intersection(*(set(config_maps_of(side.spec)) for side in sides))):
        known = [_ran(side).inputs.get(name, "") for side in sides]
        if not all(known):
            text = f"it is not known whether the ConfigMap {name} changed since"
            yield Contrast(f"configMaps.{name}", fit(text, LONGEST_DIFFERENCE), is_condition=False)
        elif not is_same_input(*known):
            text = f"the ConfigMap {name} changed since, or was created anew"
            decides = name in decisive
            yield Contrast(f"configMaps.{name}", fit(text, LONGEST_DIFFERENCE), decides)


def _services(here: Conditions, there: Conditions) -> Iterator[Contrast]:
    """Compare the variants of both as far as they ran already, but not what is compared."""
    sides = here, there
    running = [{each.name: each.runs_already for each in side.spec.variants} for side in sides]
    for name in sorted(set.intersection(*map(set, running))):
        asked = [{f"variants.{name}.runsAlready": side[name]} for side in running]
        yield from _contrasts(*asked, is_condition=True)
        variants = [next(v for v in side.spec.variants if v.name == name) for side in sides]
        if all(variant.service for variant in variants):
            yield from _served(name, *(_ran(side).services.get(name) for side in sides))


def _served(name: str, here: Served | None, there: Served | None) -> Iterator[Contrast]:
    known = [side for side in (here, there) if side is not None]
    if len(known) < len((here, there)):  # an earlier release did not note it down
        text = f"it is not known what ran behind the Service of {name} in both"
        yield Contrast(f"services.{name}", fit(text, LONGEST_DIFFERENCE), is_condition=False)
        return
    pods = [{f"services.{name}.pods": each.pods} for each in known]
    yield from _contrasts(*pods, is_condition=True)
    amounts = [_by_container(name, each, lambda it: it.amounts_in_words) for each in known]
    yield from _contrasts(*amounts, is_condition=True)
    images = [_by_container(f"{name}.image", each, lambda it: it.image_in_words) for each in known]
    yield from _contrasts(*images, is_condition=False)


def _by_container(name: str, served: Served, tell: Callable[[ServedContainer], str]) -> Document:
    told: dict[str, set[str]] = {}
    for each in served.containers:
        told.setdefault(f"services.{name}.{each.name}", set()).add(tell(each))
    return {place: "; ".join(sorted(texts)) for place, texts in told.items()}


def _ran(side: Conditions) -> Environment:
    return side.status.environment or Environment()


def _rates(side: Conditions) -> Mapping[str, int | None]:
    """Return the rate that was chosen for each cell."""
    return {load.cell: load.rate for load in side.status.chosen.loads} if side.status.chosen else {}


def _others(side: Conditions, variants: Iterable[str], cells: Iterable[str]) -> Document:
    spec: dict[str, Any] = side.spec.dump()
    by_name = {each.name: _without(each.dump(), _COMPARED) for each in side.spec.variants}
    environment = _ran(side)
    images, rates = environment.images, _rates(side)
    return {
        "chosen.rate": {cell: rates[cell] for cell in cells},
        "variants": {name: by_name[name] for name in variants},
        "placement": _without(spec["placement"], {"serviceCpu"}),  # as it was chosen
        "network": spec["network"],
        "Kubernetes": environment.kubernetes,
        "node": environment.node,
        "operator": side.status.operator_version,
        "image": {name: images[name] for name in (*STORES, Component.K6) if name in images},
    }


def _without(document: Document, left_out: Set[str]) -> Document:
    return {name: value for name, value in document.items() if name not in left_out}


def _contrasts(own: Document, other: Document, *, is_condition: bool) -> Iterator[Contrast]:
    """Compare two documents leaf by leaf."""
    sides = dict(_leaves(own)), dict(_leaves(other))
    for name in sorted({*sides[0], *sides[1]}):
        values = [side.get(name) for side in sides]
        if not _are_same(*values):
            here, there = map(_spelled, values)
            text = fit(f"{name} {here}, there {there}", LONGEST_DIFFERENCE)
            yield Contrast(name, text, is_condition)


def _leaves(document: Document, place: str = "") -> Iterator[tuple[str, object]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value


def _are_same(own: object, other: object) -> bool:
    if own == other or not (isinstance(own, str) and isinstance(other, str)):
        return own == other
    return any(_is_equal(read, own, other) for read in (seconds, amount))


def _is_equal(read: Callable[[str], object], own: str, other: str) -> bool:
    """Whether two texts are one quantity, such as 60s and 1m."""
    try:
        return read(own) == read(other)
    except ValueError:
        return False


def _spelled(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, str):
        return fit(value, LONGEST_VALUE) or "not known"
    return fit(json.dumps(value, ensure_ascii=False), LONGEST_VALUE)
