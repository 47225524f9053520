"""All rules that the models of the spec state, found by walking its fields."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from loadlab.base.rules import Ruled, RuledModel
from loadlab.model.spec import LoadExperimentSpec


def parts_of(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from parts_of(inner)


def annotations_of(model: type[BaseModel]) -> Iterator[Any]:
    for field in model.model_fields.values():
        yield from parts_of(field.annotation)
        yield from field.metadata


def models_of(model: type[BaseModel], seen: set[type]) -> Iterator[type[BaseModel]]:
    if model in seen:
        return
    seen.add(model)
    yield model
    for part in annotations_of(model):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield from models_of(part, seen)


MODELS = list(models_of(LoadExperimentSpec, set()))
OF_MODELS = [
    (model, rule) for model in MODELS if issubclass(model, RuledModel) for rule in model.RULES
]
OF_TEXTS = list(
    {
        part.rule.cel: part.rule
        for model in MODELS
        for part in annotations_of(model)
        if isinstance(part, Ruled)
    }.values()
)
TRANSITIONS = [rule for m in MODELS if issubclass(m, RuledModel) for rule in m.TRANSITIONS]
BY_NAME = {model.__name__: model for model in MODELS if issubclass(model, RuledModel)}
