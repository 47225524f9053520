"""Models -> CustomResourceDefinitions. `python -m loadlab.crd` prints both.

Pydantic's JSON schema becomes a structural schema: references inlined, unions with null
reduced to the other side, defaults kept so that the API server fills them in.
"""

import sys
from typing import Any

import yaml
from pydantic import BaseModel

from loadlab.base.names import EXPERIMENT_NAME, EXPERIMENT_NAME_IN_WORDS, GROUP, VERSION
from loadlab.base.rules import VALIDATIONS
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import LoadExperimentStatus, LoadTrialStatus
from loadlab.model.trial import LoadTrialSpec

HEADER = "# Generated from operator/loadlab/model by `make crds`. Do not edit.\n"
DROPPED = ("title", "additionalProperties", "$defs", "exclusiveMinimum")

EXPERIMENT_COLUMNS = (
    ("Phase", "string", ".status.phase", 0),
    ("Verdict", "string", ".status.verdict", 0),
    ("Progress", "string", ".status.progress", 0),
    ("Best", "string", ".status.best.cell", 0),
    ("Req/s", "number", ".status.best.requestsPerSecond", 0),
    ("P95-ms", "number", ".status.best.p95Ms", 0),
    ("Bottleneck", "string", ".status.best.bottleneck", 1),
    ("Workload", "string", ".spec.workload", 1),
    ("Trial", "string", ".status.currentTrial", 1),
    ("Queue", "integer", ".status.queuePosition", 1),
    ("Waits-For", "string", ".status.waitsFor", 1),
    ("Reason", "string", ".status.conditions[?(@.type=='Finished')].reason", 1),
    ("Age", "date", ".metadata.creationTimestamp", 0),
)
TRIAL_COLUMNS = (
    ("Role", "string", ".spec.role", 0),
    ("Phase", "string", ".status.phase", 0),
    ("Validity", "string", ".status.validity", 0),
    ("Variant", "string", ".spec.cell.variant", 0),
    ("Workers", "integer", ".spec.cell.workers", 0),
    ("Users", "integer", ".spec.cell.virtualUsers", 0),
    ("Replicate", "integer", ".spec.replicate", 0),
    ("Attempt", "integer", ".status.attempt", 0),
    ("Req/s", "number", ".status.requestsPerSecond", 0),
    ("P95-ms", "number", ".status.p95Ms", 0),
    ("Overhead", "number", ".status.timings.overhead", 1),
    ("Reason", "string", ".status.reason", 1),
    ("Age", "date", ".metadata.creationTimestamp", 0),
)


def structural(node: Any, definitions: dict[str, Any]) -> Any:
    """Return the structural form of a piece of JSON schema."""
    if isinstance(node, list):
        return [structural(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rsplit("/", 1)[1]]
        node = target | {k: v for k, v in node.items() if k != "$ref"}
    if "anyOf" in node:
        chosen = next(item for item in node["anyOf"] if item.get("type") != "null")
        node = chosen | {k: v for k, v in node.items() if k not in {"anyOf", "default"}}
        return structural(node, definitions)
    return _plain(node, definitions)


def _plain(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            plain[key] = {name: structural(item, definitions) for name, item in value.items()}
        elif key == "additionalProperties" and isinstance(value, dict):
            plain[key] = _map_value(structural(value, definitions))
        elif key == "default":
            plain[key] = _default(value, node)
        elif key not in DROPPED:
            plain[key] = structural(value, definitions)
    if plain.get("x-kubernetes-preserve-unknown-fields"):
        plain.pop("additionalProperties", None)
    return plain


def _map_value(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | ({"maxLength": 1000} if schema["type"] == "string" else {})


def _default(value: Any, node: dict[str, Any]) -> Any:
    """Objects default to what differs from their fields' own defaults: usually {}."""
    if node.get("type") == "object" and "properties" in node:
        own = {name: _given(field.get("default")) for name, field in node["properties"].items()}
        return {k: v for k, v in _given(value).items() if v != own[k]}
    return value


def _given(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _given(item) for name, item in value.items() if item is not None}
    return value


def _without_null_defaults(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_null_defaults(item) for item in node]
    if isinstance(node, dict):
        return {
            k: _without_null_defaults(v)
            for k, v in node.items()
            if not (k == "default" and v is None)
        }
    return node


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the structural schema of a model."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    plain = structural(schema, schema.get("$defs", {}))
    return dict(_without_null_defaults(plain))


def _status_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a status, of which each part has one manager: the operator.

    Else the API server would note who wrote each leaf: as much again as a LoadTrial holds.
    """
    schema = schema_of(model)
    whole = {"x-kubernetes-map-type": "atomic"}
    parts = schema["properties"].items()
    properties = {k: v | whole if v.get("type") == "object" else v for k, v in parts}
    return schema | {"properties": properties}


def _columns(rows: tuple[tuple[str, str, str, int], ...]) -> list[dict[str, Any]]:
    return [
        {"name": name, "type": type_, "jsonPath": path, "priority": priority}
        for name, type_, path, priority in rows
    ]


# The bound is for the cost of the rule, which has to count the longest name; the rule says it.
_NAME = {
    "type": "object",
    "properties": {
        "name": {
            "type": "string",
            "maxLength": 253,
            "description": f"Name of the experiment. It {EXPERIMENT_NAME_IN_WORDS}.",
        }
    },
}
_NAME_RULE = {
    "rule": f"self.metadata.name.matches('{EXPERIMENT_NAME}')",
    "message": f"metadata.name {EXPERIMENT_NAME_IN_WORDS}",
}


def _crd(names: dict[str, Any], description: str, spec: Any, status: Any) -> dict[str, Any]:
    is_experiment = names["kind"] == "LoadExperiment"
    columns = EXPERIMENT_COLUMNS if is_experiment else TRIAL_COLUMNS
    schema = {
        "type": "object",
        "description": description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": f"{GROUP}/{VERSION}"},
            "kind": {"type": "string", "description": names["kind"]},
            "metadata": _NAME if is_experiment else {"type": "object"},
            "spec": spec,
            "status": status,
        },
        **({VALIDATIONS: [_NAME_RULE]} if is_experiment else {}),
    }
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": _columns(columns),
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names['plural']}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def experiment_crd() -> dict[str, Any]:
    """Return the CustomResourceDefinition of LoadExperiment."""
    names = {
        "kind": "LoadExperiment",
        "listKind": "LoadExperimentList",
        "plural": "loadexperiments",
        "singular": "loadexperiment",
        "shortNames": ["lexp"],
        "categories": ["all", "loadlab"],
    }
    description = (
        "Measures ways to run a FastAPI service: deploys every combination of variants and "
        "factors, drives it with k6, checks the work and writes the answer into the status."
    )
    return _crd(names, description, schema_of(LoadExperimentSpec), _status_of(LoadExperimentStatus))


def trial_crd() -> dict[str, Any]:
    """Return the CustomResourceDefinition of LoadTrial."""
    names = {
        "kind": "LoadTrial",
        "listKind": "LoadTrialList",
        "plural": "loadtrials",
        "singular": "loadtrial",
        "shortNames": ["ltrial"],
        "categories": ["loadlab"],
    }
    description = "One replicate of one cell of a LoadExperiment. Made by the operator only."
    spec = schema_of(LoadTrialSpec) | {
        "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "a trial is immutable"}]
    }
    return _crd(names, description, spec, _status_of(LoadTrialStatus))


def render(crd: dict[str, Any]) -> str:
    """Return the YAML of a CRD as it is committed."""
    return HEADER + yaml.safe_dump(crd, sort_keys=False, width=100, allow_unicode=True)


def main() -> None:
    """Write both CRDs to the folder named by the first argument, or print them."""
    files = {"loadexperiments.yaml": experiment_crd(), "loadtrials.yaml": trial_crd()}
    for name, crd in files.items():
        if len(sys.argv) > 1:
            with open(f"{sys.argv[1]}/{name}", "w", encoding="utf-8") as file:  # noqa: PTH123
                file.write(render(crd))
        else:
            sys.stdout.write(f"---\n{render(crd)}")


if __name__ == "__main__":
    main()
