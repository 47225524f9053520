"""What a spec gives to pods of the Secrets and ConfigMaps that it names: some keys, or all of them.

Every field is walked through: one that a later release adds is found by its type.
"""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel

from loadlab.model.spec.https import Https
from loadlab.model.spec.secrets import (
    ConfigMapKeyRef,
    NamesConfigMap,
    NamesSecret,
    NamesSecretKey,
)

# By an object's name; None for all that is in it.
Keys = Mapping[str, frozenset[str] | None]
_Given = tuple[str, str | None]


def config_map_keys(*pieces: BaseModel | None) -> Keys:
    """Return which keys of each ConfigMap pieces of a spec give to pods."""
    return _together(_config_map(one) for piece in pieces for one in _models_in(piece))


def secret_keys(*pieces: BaseModel | None) -> Keys:
    """Return which keys of each Secret pieces of a spec give to pods."""
    return _together(_secret(one) for piece in pieces for one in _models_in(piece))


def _config_map(model: BaseModel) -> _Given | None:
    """A script's other keys are files beside it: it is given the whole."""
    if not isinstance(model, NamesConfigMap):
        return None
    return model.name, model.key if isinstance(model, ConfigMapKeyRef) else None


def _secret(model: BaseModel) -> _Given | None:
    if isinstance(model, Https) and model.secret_name:
        return model.secret_name, None
    if not isinstance(model, NamesSecret):
        return None
    return model.name, model.key if isinstance(model, NamesSecretKey) else None


def _together(given: Iterable[_Given | None]) -> Keys:
    found: dict[str, frozenset[str] | None] = {}
    for name, key in (one for one in given if one is not None):
        known = found.get(name, frozenset())
        found[name] = None if known is None or key is None else known | {key}
    return found


def _models_in(value: object) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        yield value
        for _, inner in value:
            yield from _models_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _models_in(inner)
    elif isinstance(value, dict):
        yield from _models_in(list(value.values()))
