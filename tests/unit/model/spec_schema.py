"""The spec's schema in the CRD, and what the API server makes of a spec by it."""

from functools import cache
from typing import Any

from loadlab.crd import experiment_crd
from tests.manifests import Json


@cache
def experiment_schema() -> Json:
    """Return the schema of a whole LoadExperiment; to generate it takes longer than a test."""
    (version,) = experiment_crd()["spec"]["versions"]
    found: Json = version["schema"]["openAPIV3Schema"]
    return found


def spec_schema() -> Json:
    found: Json = experiment_schema()["properties"]["spec"]
    return found


def filled_in(schema: Json, value: Any) -> Any:
    """Fill in defaults as the API server does: from the outside to the inside."""
    if isinstance(value, list):
        return [filled_in(schema["items"], item) for item in value]
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    for name, child in schema["properties"].items():
        if name not in value and "default" in child:
            value = value | {name: child["default"]}
    return {name: filled_in(schema["properties"][name], item) for name, item in value.items()}
