"""The cases of the rules of the load and of what is claimed of it."""

from tests.manifests import Json
from tests.unit.model.rule_case import CLAIM, SECRET, case, long_key

NOT_COUNTED: dict[str, Json] = {  # what ends with a time, or in each pod by itself
    "ramp": {"executor": "ramping-vus"},
    "open": {"executor": "constant-arrival-rate"},
    "pods": {"parallelism": 2},
    "script": {"script": {"configMap": {"name": "shop-load", "key": "script.js"}}},
    "search": {"purpose": "Capacity", "search": {}},
    "compare": {"purpose": "Compare"},
}
STEP = {"name": "login", "path": "/login"}


def without(*names: str) -> Json:
    return {name: value for name, value in CLAIM.items() if name not in names}


LOAD_CASES = [
    *case(
        "Request",
        method=({"path": "/", "method": "PUT"}, {"method": "PUT"}),
        body=({"path": "/", "body": ""}, {"body": ""}),
        headers=({"headers": {}}, {"headers": {"a": "b"}}),
        variables=({"variables": {}}, {"variables": {"a": {"min": 1, "max": 1}}}),
        long_header=long_key("headers", 100, "x", path="/"),
        long_variable=long_key("variables", 60, {"min": 1, "max": 1}, path="/"),
    ),
    *case(
        "Load",
        arrivals=(
            {"executor": "ramping-arrival-rate", "arrivals": "Poisson"},
            {"executor": "ramping-vus", "arrivals": "Poisson"},
        ),
        even=({"executor": "constant-arrival-rate", "arrivals": "Even"}, {"arrivals": "Even"}),
    ),
    *case(
        "Load",
        search=(
            {"purpose": "Capacity", "search": {}, "arrivals": "Even"},
            {"purpose": "Compare", "search": {}},
        ),
        search_executor=(
            {"purpose": "Capacity", "search": {}, "executor": "constant-vus"},
            {"purpose": "Capacity", "search": {}, "executor": "ramping-vus"},
        ),
    ),
    *case(
        "Load",
        **{
            f"iterations_{name}": (
                {"iterations": 9, "purpose": "Capacity"},
                {"iterations": 9} | more,
            )
            for name, more in NOT_COUNTED.items()
        },
    ),
    *case("Search", rates=({"minRate": 9, "maxRate": 10}, {"minRate": 10, "maxRate": 10})),
    *case(
        "Variable",
        ends=({"min": 1, "max": 1}, {"min": 2, "max": 1}),
        both=({"min": 1, "max": 1}, {"min": 1}),
        kind=({"values": ["a"]}, {"values": ["a"], "min": 1, "max": 2}),
        none=({"configMapKeyRef": SECRET}, {}),
    ),
    *case("Step", headers=long_key("headers", 100, "x", name="a", path="/")),
    *case(
        "Extract",
        one=({"name": "a", "json": "b"}, {"name": "a", "json": "b", "header": "c"}),
        none=({"name": "a", "cookie": "b"}, {"name": "a"}),
    ),
    *case(
        "Request",
        steps=({"steps": [STEP]}, {"steps": [STEP], "path": "/"}),
        step_headers=({"steps": [STEP], "headers": {"A": "b"}}, {"headers": {"A": "b"}}),
    ),
    *case(
        "Load",
        steps=(
            {"request": {"steps": [STEP]}},
            {"request": {"steps": [STEP]}, "executor": "constant-arrival-rate"},
        ),
    ),
    *case(
        "Expectation",
        neither=(CLAIM, without("ratio", "over")),
        over=(CLAIM, without("over")),
        bounds=(CLAIM, without("atMost")),
        order=(CLAIM | {"atLeast": 1}, CLAIM | {"atLeast": 2}),
        request=(
            CLAIM | {"request": "ping", "ratio": "latencyMs.med"},
            CLAIM | {"request": "ping"},
        ),
    ),
]
