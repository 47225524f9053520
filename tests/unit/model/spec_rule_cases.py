"""The cases of the rules of a whole spec."""

from loadlab.catalogue import WORKLOADS, Factor
from tests.manifests import Json
from tests.unit.model.rule_case import CLAIM, OWN, case

SPEC: Json = {"workload": "select", "variants": [{"name": "sync"}]}
EXCLUSIVE = SPEC | {"placement": {"serviceCpu": "Exclusive"}}
SWEPT_CPUS: Json = SPEC | {"factors": {"serviceCpu": ["1", "500m"]}}
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


SPEC_CASES = [
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
        swept_cpus=(
            SWEPT_CPUS | {"resources": {"service": {"memory": "2Gi"}}},
            SWEPT_CPUS | {"resources": {"service": {"cpu": "2"}}},
        ),
        filled_in_cpu=(SWEPT_CPUS, SWEPT_CPUS | {"resources": {"service": {"cpu": "1"}}}),
        least_of_cpus=(
            SWEPT_CPUS | {"resources": {"service": {"cpuRequest": "500m"}}},
            SWEPT_CPUS | {"resources": {"service": {"cpuRequest": "501m"}}},
        ),
        owned_levels=(EXCLUSIVE | {"factors": {"serviceCpu": ["1", "2"]}}, EXCLUSIVE | SWEPT_CPUS),
        pods_once=(
            SPEC | {"factors": {"parallelism": [1, 2]}},
            SPEC | {"factors": {"parallelism": [1]}, "load": {"parallelism": 2}},
        ),
        split_iterations=(
            SPEC | {"load": {"generator": "hey", "iterations": 100}},
            SPEC
            | {
                "load": {"generator": "hey", "iterations": 100},
                "factors": {"parallelism": [1, 2]},
            },
        ),
        split_script=(
            SCRIPTED | {"load": {"script": SCRIPT}, "factors": {"parallelism": [2]}},
            SCRIPTED
            | {"load": {"script": SCRIPT, "executor": "Script"}, "factors": {"parallelism": [2]}},
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
]
