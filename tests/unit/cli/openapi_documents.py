"""An OpenAPI document as FastAPI writes it."""

from typing import Any


def parameter(name: str, place: str, **other: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True} | other


def sent(schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema}}}}


ORDER = {
    "type": "object",
    "required": ["customer", "lines", "address"],
    "properties": {
        "customer": {"type": "integer", "minimum": 7},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Line"}},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "address": {"allOf": [{"$ref": "#/components/schemas/Address"}]},
    },
}
LINE = {
    "required": ["sku", "size"],
    "properties": {"sku": {"type": "string", "examples": ["A-1"]}, "size": {"enum": ["S", "M"]}},
}
ADDRESS = {"required": ["city"], "properties": {"city": {"type": "string"}}}
SHOP: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/healthz": {"get": {}},
        "/orders": {"post": sent({"$ref": "#/components/schemas/Order"})},
        "/orders/{order_id}": {
            "parameters": [parameter("order_id", "path", schema={"type": "integer"})],
            "get": {},
            "delete": {"security": [{"bearer": []}]},
        },
        "/search": {
            "get": {
                "deprecated": True,
                "parameters": [
                    parameter("q", "query", schema={"type": "string"}, example="red shoes & more"),
                    parameter("limit", "query", required=False, schema={"type": "integer"}),
                ],
            }
        },
    },
    "components": {"schemas": {"Order": ORDER, "Line": LINE, "Address": ADDRESS}},
}
