"""The ConfigMaps that a spec, or a piece of one, names."""

from collections.abc import Iterator

from pydantic import BaseModel

from loadlab.model.spec.secrets import NamesConfigMap


def config_maps_of(*pieces: BaseModel | None) -> tuple[str, ...]:
    """Return the names of all ConfigMaps that pieces of a spec name, sorted.

    Every field is walked through: one that a later release adds is found by its type.
    """
    return tuple(sorted({name for piece in pieces for name in _named(piece)}))


def _named(value: object) -> Iterator[str]:
    if isinstance(value, NamesConfigMap):
        yield value.name
    if isinstance(value, BaseModel):
        for _, inner in value:
            yield from _named(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner)
    elif isinstance(value, dict):
        yield from _named(list(value.values()))
