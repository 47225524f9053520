"""What the operator reads of a generator is what the schema says one hands back."""

import types
import typing

import pytest
from pydantic import BaseModel

from loadlab.measurement.documents import K6Document, Progress

FILE = "generator-document.schema.json"


def models_of(model: type[BaseModel], path: str) -> typing.Iterator[tuple[str, type[BaseModel]]]:
    """A model and those of its fields, each with its place in a document."""
    yield path, model
    for name, field in model.model_fields.items():
        for part in parts_of(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from models_of(part, f"{path}.{field.alias or name}")


def parts_of(annotation: object) -> typing.Iterator[object]:
    arguments = typing.get_args(annotation)
    if not arguments or (isinstance(annotation, types.GenericAlias | type) and not arguments):
        yield annotation
    for argument in arguments:
        yield from parts_of(argument)


def schema_at(schemas, path: str):
    """The object of the schema at a place; maps and lists are gone through."""
    found = schemas[FILE]["$defs"][path.split(".", maxsplit=1)[0]]
    for name in path.split(".")[1:]:
        found = resolved(schemas, found["properties"][name])
        while "properties" not in found:
            found = resolved(schemas, found.get("items") or found["additionalProperties"])
    return found


def resolved(schemas, schema):
    return schemas[FILE]["$defs"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema


READ = [*models_of(K6Document, "result"), *models_of(Progress, "progress")]


@pytest.mark.parametrize(("path", "model"), READ, ids=[path for path, _ in READ])
def test_a_field_that_is_read_is_in_the_schema_and_one_that_is_needed_must_be_there(
    schemas, path, model
):
    schema = schema_at(schemas, path)
    fields = {field.alias or name: field for name, field in model.model_fields.items()}

    assert fields.keys() <= schema["properties"].keys()
    needed = {name for name, field in fields.items() if field.is_required()}
    assert needed <= set(schema["required"])
