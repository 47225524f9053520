"""Which field a name that no field has was meant for."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails


def meant(model: type[BaseModel], fault: ErrorDetails) -> str:
    """Return the field of `model` whose name is like the unknown one of a fault, or nothing."""
    *above, unknown = (str(part) for part in fault["loc"])
    names = {name for each in _models_at(model, above) for name in _fields(each)}
    return next(iter(get_close_matches(unknown, sorted(names), 1)), "")


def _models_at(model: type[BaseModel], path: Sequence[str]) -> list[type[BaseModel]]:
    """Return the models of what is there; numbers and keys of maps lead to no other one."""
    found = [model]
    for part in path:
        fields = [_fields(each)[part] for each in found if part in _fields(each)]
        found = [inner for field in fields for inner in _models_in(field)] if fields else found
    return found


def _fields(model: type[BaseModel]) -> dict[str, object]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
