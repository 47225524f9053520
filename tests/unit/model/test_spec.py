"""The models refuse what the schema refuses, and fill in the same defaults."""

import pytest
from pydantic import ValidationError

from loadlab.catalogue import Factor
from loadlab.model.spec import LoadExperimentSpec
from tests.manifests import Json
from tests.unit.model.spec_schema import filled_in, spec_schema

SMALLEST = {"workload": "select", "variants": [{"name": "sync"}]}


def spec(**changes: object) -> Json:
    return SMALLEST | changes


def test_the_smallest_spec_is_valid():
    read = LoadExperimentSpec.model_validate(SMALLEST)

    assert read.factors.levels(Factor.WORKERS) == (1,)
    assert read.replicates == 5
    assert read.load.duration == "30s"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"replicants": 3}, "replicants"),
        ({"load": {"durations": "5s"}}, "durations"),
        ({"factors": {"threads": [1]}}, "threads"),
        ({"variants": []}, "variants"),
        ({"variants": [{"name": ""}]}, "name"),
        ({"workload": "compute"}, "workload"),
        ({"replicates": -1}, "replicates"),
        ({"replicates": 0}, "replicates"),
        ({"replicates": 31}, "replicates"),
        ({"factors": {"workers": [-1]}}, "workers"),
        ({"factors": {"workers": [0]}}, "workers"),
        ({"factors": {"workers": []}}, "workers"),
        ({"factors": {"virtualUsers": ["many"]}}, "virtualUsers"),
        ({"factors": {"server": ["hypercorn"]}}, "server"),
        ({"factors": {"server": [2]}}, "server"),
        ({"exclude": [{"server": "hypercorn"}]}, "server"),
        ({"maxTrials": 0}, "maxTrials"),
        ({"comparison": {"controlTwice": "maybe"}}, "controlTwice"),
        ({"comparison": {"baselineRef": {}}}, "name"),
        ({"comparison": {"baselineRef": {"name": "Night_1"}}}, "name"),
        ({"comparison": {"baselineRef": {"name": "n" * 41}}}, "name"),
        ({"comparison": {"baselineRef": {"name": "n", "namespace": "other"}}}, "namespace"),
        ({"precision": {"figure": "p99Ms", "halfWidth": "5%"}}, "figure"),
        ({"precision": {"figure": "cpuMicros", "halfWidth": "0%"}}, "halfWidth"),
        ({"precision": {"figure": "cpuMicros", "halfWidth": "50%"}}, "halfWidth"),
        ({"precision": {"figure": "cpuMicros", "halfWidth": "0.05"}}, "halfWidth"),
        ({"precision": {"figure": "cpuMicros"}}, "halfWidth"),
        ({"order": {"seed": -1}}, "seed"),
        ({"load": {"parallelism": 17}}, "parallelism"),
        ({"load": {"duration": "-5s"}}, "duration"),
        ({"load": {"duration": "5 seconds"}}, "duration"),
        ({"load": {"executor": "shared-iterations"}}, "executor"),
        ({"postgres": {"scale": 0}}, "scale"),
        ({"retry": {"attempts": 0}}, "attempts"),
        ({"ttlStrategy": {"secondsAfterSuccess": -1}}, "secondsAfterSuccess"),
        ({"resources": {"service": {"memory": "a lot"}}}, "memory"),
        (
            {"successCriteria": [{"name": "t", "metric": "iterations", "threshold": "p(95)<1"}]},
            "metric",
        ),
        (
            {"successCriteria": [{"name": "t", "metric": "http_reqs", "threshold": "fast"}]},
            "threshold",
        ),
    ],
)
def test_bad_input_is_refused_at_its_place(changes, place):
    with pytest.raises(ValidationError) as caught:
        LoadExperimentSpec.model_validate(spec(**changes))

    places = {str(part) for error in caught.value.errors() for part in error["loc"]}
    assert place in places


def test_models_are_frozen():
    read = LoadExperimentSpec.model_validate(SMALLEST)

    with pytest.raises(ValidationError, match="frozen"):
        read.replicates = 5  # type: ignore[misc]  # mypy refuses it as the model does


def test_what_is_dumped_is_read_back_the_same():
    given = spec(
        factors={"workers": [1, 2], "poolSize": [5]},
        exclude=[{"variant": "sync", "workers": 2}],
        ttlStrategy={"secondsAfterSuccess": 60},
    )
    read = LoadExperimentSpec.model_validate(given)

    assert LoadExperimentSpec.model_validate(read.dump()) == read


@pytest.mark.parametrize("given", [SMALLEST, spec(resources={"k6": {"memory": "2Gi"}})])
def test_defaults_of_the_api_server_are_those_of_the_models(given):
    stored = filled_in(spec_schema(), given)

    assert LoadExperimentSpec.model_validate(stored) == LoadExperimentSpec.model_validate(given)
