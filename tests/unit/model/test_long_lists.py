"""No list of a status is longer than the API server takes: one that it refuses is never written."""

import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from annotated_types import MaxLen
from pydantic import BaseModel

from loadlab.base.models import ObservedModel
from loadlab.model.status import LoadExperimentStatus, LoadTrialStatus
from tests.unit.model.test_clean_status import hostile

Bounded = tuple[type[ObservedModel], str, Any, int]


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    for part in typing.get_args(annotation):
        yield from models_in(part)


def tuple_in(annotation: Any) -> Any:
    """The tuple of a field that may also be absent; None for anything else."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {typing.Union, types.UnionType, Annotated}:
        return next((found for part in parts if (found := tuple_in(part))), None)
    return annotation if origin is tuple else None


def bounded_lists() -> list[Bounded]:
    found: dict[str, Bounded] = {}
    for status in (LoadExperimentStatus, LoadTrialStatus):
        for model in models_in(status):
            if not issubclass(model, ObservedModel):
                continue  # a spec is the user's: what is too long there is refused
            for name, field in model.model_fields.items():
                most = [each.max_length for each in field.metadata if isinstance(each, MaxLen)]
                if most and (several := tuple_in(field.annotation)):
                    found[f"{model.__name__}.{name}"] = (model, name, several, min(most))
    return list(found.values())


LISTS = bounded_lists()


@pytest.mark.parametrize(
    ("model", "name", "several", "most"), LISTS, ids=[f"{m.__name__}.{n}" for m, n, *_ in LISTS]
)
def test_one_that_is_too_long_is_cut(model, name, several, most):
    one = hostile(typing.get_args(several)[0])
    alias = model.model_fields[name].alias or name
    whole = hostile(model)
    made = model.model_validate({**whole, alias: [one] * (most + 1)})
    changed = made.model_copy(update={name: getattr(made, name) * 2})

    assert len(getattr(made, name)) == len(getattr(changed, name)) == most


def test_there_are_such_lists():
    assert len(LISTS) > 20
