"""The API as a user meets it: what is refused and when, what is explained, what is printed."""

import json
import time

import pytest

from tests.e2e.cluster_tools import Lab, RefusedError, condition, eventually, kubectl
from tests.manifests import Json

pytestmark = pytest.mark.e2e

SELECT: Json = {"workload": "select", "variants": [{"name": "sync"}]}


def expecting(**fields: object) -> Json:
    """Build a spec with one expectation, bounded by 1 from above; None leaves a field out."""
    whole = {"name": "x", "of": {"variant": "sync"}, "atMost": 1} | fields
    return SELECT | {"expectations": [{k: v for k, v in whole.items() if v is not None}]}


REFUSED_AT_ADMISSION = {
    "an unknown field": (SELECT | {"colour": "red"}, "unknown field"),
    "an unknown nested field": (SELECT | {"load": {"vus": 3}}, "unknown field"),
    "a negative number": (SELECT | {"replicates": -1}, "greater than or equal to 1"),
    "a negative level": (SELECT | {"factors": {"workers": [-1]}}, "greater than or equal to 1"),
    "no variant": (SELECT | {"variants": []}, "at least 1 items"),
    "a variant twice": (SELECT | {"variants": [{"name": "sync"}] * 2}, "Duplicate value"),
    "a level twice": (SELECT | {"factors": {"workers": [1, 1]}}, "Duplicate value"),
    "another workload's variant": (SELECT | {"variants": [{"name": "queued"}]}, "does not belong"),
    "an image with a built-in name": (
        SELECT | {"variants": [{"name": "sync", "image": "x:1"}]},
        "does not belong",
    ),
    "a command without an image": (
        SELECT | {"variants": [{"name": "sync", "command": ["x"]}]},
        "go with image",
    ),
    "a server for an image": (
        SELECT | {"variants": [{"name": "mine", "image": "x:1", "server": "gunicorn"}]},
        "an image brings its own",
    ),
    "a variable twice": (
        SELECT | {"variants": [{"name": "sync", "env": [{"name": "A", "value": "1"}] * 2}]},
        "env names a variable twice",
    ),
    "one port for two": (
        SELECT | {"variants": [{"name": "mine", "image": "x:1", "instrumentsPort": 8000}]},
        "must differ from port",
    ),
    "an own service without a path": (
        {"workload": "custom", "variants": [{"name": "mine", "image": "x:1"}]},
        "needs load.request.path",
    ),
    "a body without a path": (SELECT | {"load": {"request": {"body": "x"}}}, "go with path"),
    "an empty range": (
        SELECT | {"load": {"request": {"path": "/", "variables": {"n": {"min": 2, "max": 1}}}}},
        "min must not exceed max",
    ),
    "a rate for a closed executor": (SELECT | {"factors": {"rate": [5]}}, "arrival-rate"),
    "an arrival rate without a rate": (
        SELECT | {"load": {"executor": "constant-arrival-rate"}},
        "arrival-rate",
    ),
    "consumers without a queue": (
        SELECT | {"factors": {"consumers": [2]}},
        "belongs to the workload ingest or items",
    ),
    "claims in sequence": (
        expecting() | {"order": {"strategy": "Sequential"}},
        "measures a drift of the machine",
    ),
    "ms for select": (SELECT | {"factors": {"ms": [2]}}, "belongs to the workload sleep"),
    "half a CPU of one's own": (
        SELECT
        | {"resources": {"service": {"cpu": "500m"}}, "placement": {"serviceCpu": "Exclusive"}},
        "whole CPUs",
    ),
    "memory without a unit": (
        SELECT | {"resources": {"k6": {"memory": "512"}}},
        "between 32Mi and 64Ti",
    ),
    "no CPU": (SELECT | {"resources": {"k6": {"cpu": "0"}}}, "between 10m and 1024"),
    "CPU in bytes": (SELECT | {"resources": {"k6": {"cpu": "2Gi"}}}, "should match"),
    "CPU of no node": (SELECT | {"resources": {"k6": {"cpu": "9" * 20}}}, "between 10m and 1024"),
    "a long key": (SELECT | {"placement": {"nodeSelector": {"k" * 3000: "x"}}}, "317 characters"),
    "a path of no server": (SELECT | {"load": {"request": {"path": "/%zz"}}}, "must be a path"),
    "a variable without a value": (
        SELECT | {"variants": [{"name": "sync", "env": [{"name": "A"}]}]},
        "either a value or a valueFrom",
    ),
    "no label": (SELECT | {"placement": {"nodeSelector": {"disk": "SSD!"}}}, "should match"),
    "fewer users than pods": (
        SELECT | {"load": {"parallelism": 2}, "factors": {"virtualUsers": [1]}},
        "at least load.parallelism",
    ),
    "an expectation of two kinds": (expecting(ratio="failedRate", metric="failedRate"), "one of"),
    "a ratio over nothing": (expecting(ratio="failedRate"), "over goes with ratio"),
    "an expectation without a bound": (
        expecting(metric="failedRate", atMost=None),
        "without a bound",
    ),
    "bounds the wrong way round": (expecting(metric="failedRate", atLeast=2), "may not lie above"),
    "a request's failures": (expecting(metric="failedRate", request="ping"), "latencyMs figures"),
    "an expectation of no cell": (expecting(metric="failedRate", of={}), "at least 1 properties"),
    "no duration": (SELECT | {"load": {"duration": "5 minutes"}}, "should match"),
    "too short a duration": (SELECT | {"load": {"duration": "1ms"}}, "between 1s and 1h"),
}


@pytest.mark.parametrize(
    ("spec", "words"), REFUSED_AT_ADMISSION.values(), ids=REFUSED_AT_ADMISSION.keys()
)
def test_the_api_server_refuses_and_says_why(lab: Lab, spec, words):
    with pytest.raises(RefusedError, match=words):
        lab.submit("bad", **spec)


@pytest.mark.parametrize("name", ["shop.v1", "1shop", "x" * 41])
def test_a_name_that_no_child_could_have_is_refused_in_plain_words(lab: Lab, name: str):
    with pytest.raises(RefusedError, match=r"metadata\.name begins with a lower-case letter"):
        lab.submit(name, **SELECT)


TERMINAL: dict[str, Json] = {
    "PoolTooLarge": SELECT | {"factors": {"workers": [10], "poolSize": [20]}},
    "TooManyTrials": SELECT | {"factors": {"workers": [1, 2, 3]}, "maxTrials": 5},
    "NoTrials": SELECT | {"exclude": [{"variant": "sync"}]},
    "InvalidExpectation": expecting(metric="failedRate", of={"variant": "async"}),
    "InvalidCriterion": SELECT
    | {"successCriteria": [{"name": "x", "metric": "http_reqs", "threshold": "p(95)<1"}]},
}


@pytest.mark.parametrize("reason", TERMINAL)
def test_what_only_the_plan_can_see_is_terminal_within_five_seconds(lab: Lab, reason):
    name = f"bad-{reason.lower()}"
    lab.delete(name)
    started = time.monotonic()
    lab.submit(name, **TERMINAL[reason])
    finished = eventually(
        lambda: condition(lab.status(name), "Finished").get("status") == "True", 10, reason, 0.1
    )
    took = time.monotonic() - started

    assert finished
    assert took <= 5.0
    assert condition(lab.status(name), "Accepted")["reason"] == reason
    assert lab.leftovers(name) == []
    lab.delete(name)


def test_the_spec_is_immutable_except_for_what_steers_it(lab: Lab):
    lab.delete("fixed")
    lab.submit("fixed", **SELECT, suspend=True)
    for change in ({"replicates": 7}, {"variants": [{"name": "async"}]}, {"maxTrials": 7}):
        patch = json.dumps({"spec": change})
        with pytest.raises(RefusedError, match="immutable"):
            lab.kubectl("patch", "lexp", "fixed", "--type=merge", "-p", patch)

    lab.kubectl("patch", "lexp", "fixed", "--type=merge", "-p", '{"spec": {"terminate": true}}')
    assert lab.wait("fixed", 20)["phase"] == "Terminated"
    lab.delete("fixed")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("lexp.spec.load", ["executor", "warmup", "not counted", "generator"]),
        ("lexp.spec.factors", ["workers", "every", "levels"]),
        ("lexp.status.results", ["cell", "p95Ms", "validity"]),
        ("ltrial.status", ["attempt", "measurement"]),
    ],
)
def test_explain_reads_as_a_manual(installed, path, words):
    text = kubectl("explain", path).lower()

    assert "<no description>" not in text
    assert [word for word in words if word.lower() not in text] == []


def test_get_prints_what_one_wants_to_know_first(lab: Lab):
    lab.submit("columns", **SELECT, suspend=True)
    header = kubectl("get", "lexp", "-A").splitlines()[0].split()
    lab.delete("columns")

    assert header == [
        "NAMESPACE", "NAME", "PHASE", "VERDICT", "PROGRESS", "BEST", "REQ/S", "P95-MS", "AGE",
    ]  # fmt: skip
