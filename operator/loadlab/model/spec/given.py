"""What a spec gives to pods of the Secrets and ConfigMaps that it names: some keys, or all of them.

Every field is walked through: one that a later release adds is found by its type. So is what
others may renew while trials run: it is no input of what is measured.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set

from pydantic import BaseModel

from loadlab.model.spec.https import Https
from loadlab.model.spec.secrets import (
    ConfigMapKeyRef,
    MayBeRenewed,
    NamesConfigMap,
    NamesSecret,
    NamesSecretKey,
)

# By an object's name; None for all that is in it.
Keys = Mapping[str, frozenset[str] | None]
_Given = tuple[str, str | None]
_Named = Callable[[BaseModel], _Given | None]


def config_map_keys(*pieces: BaseModel | None) -> Keys:
    """Return which keys of each ConfigMap pieces of a spec give to pods.

    Of one that has others beside what may be renewed, those others: they must stay as they are.
    """
    return _all_keys(_config_map, pieces)


def secret_keys(*pieces: BaseModel | None) -> Keys:
    """Return which keys of each Secret pieces of a spec give to pods, as `config_map_keys` does."""
    return _all_keys(_secret, pieces)


def renewed_config_maps(*pieces: BaseModel | None) -> Set[str]:
    """Return which ConfigMaps are given for nothing but what may be renewed."""
    return _renewed(_config_map, pieces)


def renewed_secrets(*pieces: BaseModel | None) -> Set[str]:
    """Return which Secrets are given for nothing but what may be renewed."""
    return _renewed(_secret, pieces)


def _all_keys(named: _Named, pieces: Iterable[BaseModel | None]) -> Keys:
    every, lasting = _keys(named, pieces)
    return {**every, **lasting}


def _renewed(named: _Named, pieces: Iterable[BaseModel | None]) -> Set[str]:
    every, lasting = _keys(named, pieces)
    return every.keys() - lasting.keys()


def _keys(named: _Named, pieces: Iterable[BaseModel | None]) -> tuple[Keys, Keys]:
    """Return the keys of all objects, and those of what must stay as it is."""
    every = (model for piece in pieces for model in _models_in(piece))
    lasting = (model for piece in pieces for model in _models_in(piece, MayBeRenewed))
    return _together(map(named, every)), _together(map(named, lasting))


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


def _models_in(value: object, but: type[BaseModel] | tuple[()] = ()) -> Iterator[BaseModel]:
    """Yield a model and all that are in it, but for those of a type and what is in these."""
    if isinstance(value, but):
        return
    if isinstance(value, BaseModel):
        yield value
        for _, inner in value:
            yield from _models_in(inner, but)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _models_in(inner, but)
    elif isinstance(value, dict):
        yield from _models_in(list(value.values()), but)
