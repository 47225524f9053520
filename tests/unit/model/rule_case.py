"""A rule's case: a value that keeps it, beside one like it that breaks it."""

import pytest

from tests.manifests import Json

Case = tuple[str, Json, Json]  # a model, what it takes, and what it refuses
OWN = {"name": "mine", "image": "mine:1"}
SECRET = {"name": "keys", "key": "api"}
CLAIM = {
    "name": "x",
    "ratio": "failedRate",
    "of": {"workers": 1},
    "over": {"workers": 2},
    "atMost": 1,
}


def case(model: str, **cases: tuple[Json, Json]) -> list[pytest.ParameterSet]:
    return [pytest.param(model, *pair, id=f"{model}-{name}") for name, pair in cases.items()]


def long_key(field: str, longest: int, value: object, **more: object) -> tuple[Json, Json]:
    """A map with the longest key, and one with a key that is longer."""
    fits, exceeds = ({field: {"k" * size: value}, **more} for size in (longest, longest + 1))
    return fits, exceeds
