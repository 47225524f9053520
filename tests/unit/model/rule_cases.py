"""For each rule a value that keeps it, beside one like it that breaks it."""

import pytest

from loadlab.catalogue import WORKLOADS, Factor
from tests.manifests import Json

Case = tuple[str, Json, Json]  # a model, what it takes, and what it refuses


def case(model: str, **cases: tuple[Json, Json]) -> list[pytest.ParameterSet]:
    return [pytest.param(model, *pair, id=f"{model}-{name}") for name, pair in cases.items()]


SPEC: Json = {"workload": "select", "variants": [{"name": "sync"}]}
EXCLUSIVE = SPEC | {"placement": {"serviceCpu": "Exclusive"}}
PRECISION: Json = {"figure": "cpuMicros", "halfWidth": "5%"}
THROUGHPUT, TAIL = ({"figure": f, "halfWidth": "5%"} for f in ("requestsPerSecond", "p95Ms"))
TAIL_BELOW = {"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<100"}
SEARCHING: Json = {
    **SPEC,
    "load": {"purpose": "Capacity", "search": {}},
    "successCriteria": [TAIL_BELOW],
}
SCRIPT: Json = {"configMap": {"name": "shop-load", "key": "script.js"}}
SCRIPTED: Json = {"workload": "custom", "variants": [{"name": "mine", "image": "mine:1"}]}
OPEN: Json = {"load": {"executor": "constant-arrival-rate"}, "factors": {"rate": [10]}}
VARIED: Json = {"path": "/${n}", "variables": {"n": {"min": 1, "max": 2}}}
NOT_COUNTED: dict[str, Json] = {  # what ends with a time, or in each pod by itself
    "ramp": {"executor": "ramping-vus"},
    "open": {"executor": "constant-arrival-rate"},
    "pods": {"parallelism": 2},
    "script": {"script": SCRIPT},
    "search": {"purpose": "Capacity", "search": {}},
    "compare": {"purpose": "Compare"},
}
OWN = {"name": "mine", "image": "mine:1"}
RUNS: Json = {"name": "mine", "service": {"name": "shop", "port": 80}}
URLS = (  # texts, of which the first three are in order
    *("https://a.example", "http://a-b.example.com:8080", "https://a.b.c.d.xn--p1ai"),
    *("https://10.0.0.1", "http://a", "https://a.b/", "https://u@a.b", "http://a.b:0", "ftp://a.b"),
    *("https://A.b", "https://a..b", "https://-a.b", "http://1.2.3.0x4", ""),
)
BEYOND: Json = {"name": "mine", "url": "https://a.example"}
STEP = {"name": "login", "path": "/login"}
SECRET = {"name": "keys", "key": "api"}
CLAIM = {
    "name": "x",
    "ratio": "failedRate",
    "of": {"workers": 1},
    "over": {"workers": 2},
    "atMost": 1,
}


def variable(name: str) -> dict[str, str]:
    return {"name": name, "value": "1"}


def long_key(field: str, longest: int, value: object, **more: object) -> tuple[Json, Json]:
    """A map with the longest key, and one with a key that is longer."""
    fits, exceeds = ({field: {"k" * size: value}, **more} for size in (longest, longest + 1))
    return fits, exceeds


def without(*names: str) -> Json:
    return {name: value for name, value in CLAIM.items() if name not in names}


def factor_cases() -> dict[str, tuple[Json, Json]]:
    found = {}
    for factor in Factor:
        if works := factor.facts.workloads:
            swept = SPEC | {"factors": {factor.value: [1]}}
            right = swept | {"workload": works[0]}
            variant = next(iter(WORKLOADS[works[0]].variants))
            wrong = swept | {"workload": "wells", "variants": [{"name": "def"}]}
            found[factor.value] = (right | {"variants": [{"name": variant}]}, wrong)
    return found


CASES = [  # a value that keeps the rule beside one like it that breaks it
    *case(
        "LoadExperimentSpec",
        variants=(SPEC, SPEC | {"variants": [{"name": "blocking"}]}),
        image=(SPEC | {"variants": [OWN]}, SPEC | {"variants": [OWN | {"name": "sync"}]}),
        custom=(
            SPEC | {"workload": "custom", "variants": [OWN], "load": {"request": {"path": "/"}}},
            SPEC | {"workload": "custom", "variants": [OWN]},
        ),
        rate=(
            SPEC | {"load": {"executor": "ramping-arrival-rate"}, "factors": {"rate": [1]}},
            SPEC | {"load": {"executor": "ramping-arrival-rate"}},
        ),
        closed=(SPEC, SPEC | {"factors": {"rate": [1]}}),
        compare=(
            SPEC | {"load": {"purpose": "Compare"}, "factors": {"rate": [1]}},
            SPEC | {"load": {"purpose": "Compare", "executor": "ramping-vus"}},
        ),
        capacity=(
            SPEC | {"load": {"purpose": "Capacity", "executor": "ramping-vus"}},
            SPEC
            | {
                "load": {"purpose": "Capacity", "executor": "constant-arrival-rate"},
                "factors": {"rate": [1]},
            },
        ),
        pilots=(
            SPEC | {"load": {"purpose": "Compare"}, "factors": {"virtualUsers": [9]}},
            SPEC | {"load": {"purpose": "Compare"}, "factors": {"virtualUsers": [9, 10]}},
        ),
        search_pilots=(
            SEARCHING | {"factors": {"virtualUsers": [9]}},
            SEARCHING | {"factors": {"virtualUsers": [9, 10]}},
        ),
        search_criteria=(SEARCHING, SEARCHING | {"successCriteria": []}),
        search_rate=(SEARCHING, SEARCHING | {"factors": {"rate": [1]}}),
        search_order=(SEARCHING, SEARCHING | {"order": {"strategy": "Sequential"}}),
        search_claims=(SEARCHING, SEARCHING | {"expectations": [CLAIM]}),
        search_precision=(SEARCHING, SEARCHING | {"precision": PRECISION}),
        search_twice=(SEARCHING, SEARCHING | {"comparison": {"controlTwice": True}}),
        pilot_pods=(
            SPEC | {"load": {"parallelism": 2}, "factors": {"virtualUsers": [2]}},
            SPEC
            | {
                "load": {"purpose": "Compare", "parallelism": 3},
                "factors": {"virtualUsers": [2], "rate": [9]},
            },
        ),
        cpus=(
            SPEC | {"resources": {"service": {"cpu": "2"}}},
            EXCLUSIVE | {"resources": {"service": {"cpu": "500m"}}},
        ),
        unlimited=(
            SPEC | {"resources": {"service": {}}},
            EXCLUSIVE | {"resources": {"service": {}}},
        ),
        requests=(
            SPEC | {"resources": {"service": {"cpu": "1", "cpuRequest": "10m"}}},
            EXCLUSIVE | {"resources": {"service": {"cpu": "1", "cpuRequest": "10m"}}},
        ),
        server=(
            SPEC | {"factors": {"server": ["gunicorn"]}},
            SPEC
            | {
                "variants": [{"name": "sync", "server": "uvicorn"}],
                "factors": {"server": ["gunicorn"]},
            },
        ),
        generator_twice=(
            SPEC | {"factors": {"generator": ["wrk"]}},
            SPEC | {"load": {"generator": "wrk"}, "factors": {"generator": ["wrk"]}},
        ),
        generator_threads=(
            SPEC | {"load": {"threads": 2}, "factors": {"generator": ["hey", "wrk"]}},
            SPEC | {"load": {"threads": 2}},
        ),
        generator_iterations=(
            SPEC | {"load": {"iterations": 1000}},
            SPEC | {"load": {"generator": "locust", "iterations": 1000}},
        ),
        generator_iterations_of_one=(
            SPEC | {"load": {"iterations": 99}, "factors": {"generator": ["hey", "k6"]}},
            SPEC | {"load": {"iterations": 99}, "factors": {"generator": ["hey", "wrk"]}},
        ),
        iterations_of_users=(
            SPEC | {"load": {"iterations": 9}, "factors": {"virtualUsers": [2, 9]}},
            SPEC | {"load": {"iterations": 9}, "factors": {"virtualUsers": [2, 10]}},
        ),
        generator_open=(
            SPEC | {"load": {"generator": "wrk"}},
            SPEC | {"load": {"purpose": "Compare", "generator": "wrk"}},
        ),
        generator_open_factor=(
            SPEC | OPEN | {"factors": {"rate": [10], "generator": ["k6"]}},
            SPEC | OPEN | {"factors": {"rate": [10], "generator": ["k6", "hey"]}},
        ),
        generator_ramps=(
            SPEC | {"load": {"executor": "ramping-vus"}},
            SPEC | {"load": {"executor": "ramping-vus", "generator": "hey"}},
        ),
        generator_variables=(
            SPEC | {"load": {"generator": "wrk", "request": VARIED}},
            SPEC | {"load": {"generator": "hey", "request": VARIED}},
        ),
        generator_follows=(
            SPEC | {"load": {"request": {"redirects": "Follow"}}},
            SPEC | {"load": {"generator": "wrk", "request": {"redirects": "Follow"}}},
        ),
        script_alone=(
            SCRIPTED | {"load": {"script": SCRIPT}},
            SCRIPTED | {"load": {"script": SCRIPT, "request": {"path": "/"}}},
        ),
        script_closed=(
            SCRIPTED | {"load": {"script": SCRIPT, "executor": "ramping-vus"}},
            SCRIPTED | {"load": {"script": SCRIPT, "purpose": "Compare"}},
        ),
        script_executor=(
            SCRIPTED | {"load": {"script": SCRIPT, "executor": "Script"}},
            SCRIPTED | {"load": {"request": {"path": "/"}, "executor": "Script"}},
        ),
        script_custom=(
            SCRIPTED | {"load": {"script": SCRIPT, "executor": "Script"}},
            SPEC | {"load": {"script": SCRIPT}},
        ),
        script_k6=(
            SCRIPTED | {"load": {"script": SCRIPT, "generator": "k6"}},
            SCRIPTED | {"load": {"script": SCRIPT, "generator": "locust"}},
        ),
        precision_pilot=(
            SPEC | {"precision": PRECISION, "replicates": 3},
            SPEC | {"precision": PRECISION, "replicates": 2},
        ),
        precision_most=(
            SPEC | {"precision": PRECISION | {"maxReplicates": 6}, "replicates": 6},
            SPEC | {"precision": PRECISION | {"maxReplicates": 5}, "replicates": 6},
        ),
        precision_order=(
            SPEC | {"precision": PRECISION},
            SPEC | {"precision": PRECISION, "order": {"strategy": "Sequential"}},
        ),
        precision_of_what_is_offered=(
            SPEC | {"precision": THROUGHPUT, "load": {"purpose": "Capacity"}},
            SPEC | {"precision": THROUGHPUT, "load": {"purpose": "Compare"}},
        ),
        precision_of_an_open_rate=(
            SPEC | {"precision": PRECISION} | OPEN,
            SPEC | {"precision": THROUGHPUT} | OPEN,
        ),
        precision_of_a_capacity=(
            SPEC | {"precision": TAIL, "load": {"purpose": "Compare"}},
            SPEC | {"precision": TAIL, "load": {"purpose": "Capacity"}},
        ),
        order=(
            SPEC | {"order": {"strategy": "Sequential"}},
            SPEC | {"order": {"strategy": "Sequential"}, "expectations": [CLAIM]},
        ),
        parallelism=(
            SPEC | {"load": {"parallelism": 2}, "factors": {"virtualUsers": [2, 3]}},
            SPEC | {"load": {"parallelism": 3}, "factors": {"virtualUsers": [2, 3]}},
        ),
        **factor_cases(),
    ),
    *case(
        "Amounts",
        cpu=({"cpu": "1", "cpuRequest": "1000m"}, {"cpu": "1", "cpuRequest": "1001m"}),
        memory=(
            {"memory": "1Gi", "memoryRequest": "1024Mi"},
            {"memory": "1G", "memoryRequest": "1Gi"},
        ),
    ),
    *case(
        "Variant",
        token=(
            OWN | {"automountServiceAccountToken": True, "serviceAccountName": "shop"},
            OWN | {"automountServiceAccountToken": True},
        ),
        labels=long_key("podLabels", 317, "x", **OWN),
        annotations=long_key("podAnnotations", 317, "x", **OWN),
        command=(OWN | {"command": ["x"]}, {"name": "sync", "command": ["x"]}),
        port=(OWN | {"port": 1}, {"name": "sync", "port": 1}),
        path=(OWN | {"readinessPath": "/"}, {"name": "sync", "readinessPath": "/"}),
        instruments=(OWN | {"instrumentsPort": 1}, {"name": "sync", "instrumentsPort": 1}),
        server=({"name": "sync", "server": "gunicorn"}, OWN | {"server": "gunicorn"}),
        env=(
            OWN | {"env": [variable("A"), variable("B")]},
            OWN | {"env": [variable("A"), variable("B"), variable("A")]},
        ),
        ports=(OWN | {"instrumentsPort": 8001}, OWN | {"instrumentsPort": 8000}),
        one=(RUNS, RUNS | {"image": "mine:1"}),
        one_running=(BEYOND, BEYOND | {"service": {"name": "shop", "port": 80}}),
        metered=(RUNS | {"instrumentsPort": 9000}, BEYOND | {"instrumentsPort": 9000}),
        running_ports=(RUNS | {"instrumentsPort": 8000}, RUNS | {"instrumentsPort": 80}),
        told=(RUNS | {"metrics": {"port": 80}}, OWN | {"metrics": {"port": 80}}),
        told_once=(
            RUNS | {"metrics": {"port": 80}},
            RUNS | {"metrics": {"port": 80}, "instrumentsPort": 9000},
        ),
        deployed=(RUNS | {"env": []}, RUNS | {"env": [variable("A")]}),
        labelled=(BEYOND | {"podLabels": {}}, BEYOND | {"podLabels": {"team": "shop"}}),
        certificate=(RUNS | {"https": {}}, RUNS | {"https": {"secretName": "tls"}}),
        scheme=(BEYOND | {"https": {}}, BEYOND | {"url": "http://a.example", "https": {}}),
        probed=(BEYOND | {"readinessPath": "/"}, {"name": "sync", "https": {}}),
        own_ports=(
            OWN | {"port": 80, "instrumentsPort": 8000},
            OWN | {"port": 80, "instrumentsPort": 80},
        ),
    ),
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
        "EnvVar",
        neither=(variable("A"), {"name": "A"}),
        both=(variable("A"), variable("A") | {"valueFrom": {"secretKeyRef": SECRET}}),
        secret=({"name": "A", "valueFrom": {"secretKeyRef": SECRET}}, {"name": "A"}),
    ),
    *case(
        "ValueSource",
        one=({"configMapKeyRef": SECRET}, {"configMapKeyRef": SECRET, "secretKeyRef": SECRET}),
        none=({"secretKeyRef": SECRET}, {}),
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
        "Placement",
        keys=long_key("nodeSelector", 317, "x"),
        priority=({"priorityClassName": "tests"}, {"priorityClassName": "system-node-critical"}),
    ),
    *case(
        "Toleration",
        key=({"key": "example.com/tests"}, {"key": "node.kubernetes.io/unreachable"}),
    ),
    *case(
        "Preparation",
        one=({"image": "a:1"}, {"image": "a:1", "sql": SECRET}),
        none=({"sql": SECRET}, {}),
        command=({"image": "a:1", "command": ["x"]}, {"sql": SECRET, "command": ["x"]}),
        env=(
            {"image": "a:1", "env": [variable("A"), variable("B")]},
            {"image": "a:1", "env": [variable("A"), variable("A")]},
        ),
    ),
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
        "Postgres",
        secret=({"mode": "Existing", "secretRef": {"name": "db"}}, {"mode": "Existing"}),
        builtin=({}, {"secretRef": {"name": "db"}}),
        settings=(
            {"settings": {"a": "b"}},
            {"mode": "Existing", "secretRef": {"name": "db"}, "settings": {"a": "b"}},
        ),
        long_setting=long_key("settings", 63, "x"),
        overwrite=(
            {"mode": "Existing", "secretRef": {"name": "db"}, "overwrite": True},
            {"overwrite": True},
        ),
    ),
    *case(
        "Redis",
        secret=({"mode": "Existing", "secretRef": {"name": "r"}}, {"mode": "Existing"}),
        builtin=({}, {"secretRef": {"name": "r"}}),
        image=(
            {"image": "redis:7"},
            {"mode": "Existing", "secretRef": {"name": "r"}, "image": "redis:7"},
        ),
        appendfsync=(
            {"appendfsync": "always"},
            {"mode": "Existing", "secretRef": {"name": "r"}, "appendfsync": "always"},
        ),
    ),
    *case(
        "RabbitMq",
        secret=({"mode": "Existing", "secretRef": {"name": "r"}}, {"mode": "Existing"}),
        builtin=({}, {"secretRef": {"name": "r"}}),
        image=(
            {"image": "rabbitmq:3"},
            {"mode": "Existing", "secretRef": {"name": "r"}, "image": "rabbitmq:3"},
        ),
        metrics_port=(
            {"mode": "Existing", "secretRef": {"name": "r"}, "metricsPort": 15693},
            {"metricsPort": 15693},
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
