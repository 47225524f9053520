"""Keys of maps, paths and variables: refused where nothing could have them, in words."""

import pytest
from pydantic import ValidationError

from loadlab.model.status.conditions import Reason
from loadlab.plan import PlanError, make_plan
from tests.manifests import Json

LONG = "x" * 3000


def request(**fields: object) -> Json:
    return {"load": {"request": {"path": "/search", **fields}}}


def header(name: str, value: str = "1") -> Json:
    return request(headers={name: value})


def variable(name: str) -> Json:
    return request(variables={name: {"min": 1, "max": 2}})


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (header("a b"), "load.request.headers: 'a b' is no header's name"),
        (header(""), "'' is no header's name"),
        (header("X-Ü"), "is no header's name"),
        (header("X:"), "is no header's name"),
        (header("X", "a\r\nEvil: 1"), "load.request.headers.X: 'a Evil: 1' is no header's value"),
        (header("X", " a"), "is no header's value"),
        (header("X", "ü"), "is no header's value"),
        (variable("a-b"), "load.request.variables: 'a-b' cannot be put in"),
        (variable(""), "cannot be put in"),
        (variable("é"), "cannot be put in"),
        (variable("request_id"), "request_id is LoadLab's own"),
        ({"placement": {"nodeSelector": {"a b": "x"}}}, "is no label's key"),
        ({"placement": {"nodeSelector": {"a/b/c": "x"}}}, "is no label's key"),
        (
            {"placement": {"components": {"k6": {"nodeSelector": {"a b": "x"}}}}},
            "placement.components.k6.nodeSelector: 'a b' is no label's key",
        ),
        ({"placement": {"nodeSelector": {"/a": "x"}}}, "is no label's key"),
        ({"placement": {"nodeSelector": {"x" * 64: "x"}}}, "is no label's key"),
        ({"postgres": {"settings": {"work mem": "1"}}}, "is no setting of Postgres"),
        ({"postgres": {"settings": {"\x1b[2J": "1"}}}, "'[2J' is no setting of Postgres"),
    ],
)
def test_a_key_that_nothing_could_have_is_refused_in_words(spec, says, experiment, images):
    with pytest.raises(PlanError) as refused:
        make_plan(experiment(**spec), images)

    assert refused.value.reason is Reason.INVALID_SPEC
    assert says in str(refused.value)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    "spec",
    [
        request(headers={"X-Shelf": "${shelf}"}, variables={"shelf": {"min": 1, "max": 2}}),
        header("!#$%&'*+-.^_`|~09azAZ", ""),
        header("Accept", "text/html, */*;q=0.8"),
        variable("_a1"),
        {"placement": {"nodeSelector": {"example.com/zone_a.b": "x", "disk": "ssd", "k" * 63: ""}}},
        {"postgres": {"settings": {"pg_stat_statements.max": "100"}}},
    ],
)
def test_what_may_be_is_planned(spec, experiment, images):
    assert make_plan(experiment(**spec), images).trials


@pytest.mark.parametrize(
    "spec",
    [
        header(LONG), variable(LONG), {"placement": {"nodeSelector": {LONG: "x"}}},
        {"postgres": {"settings": {LONG: "1"}}},
    ],
)  # fmt: skip
def test_a_key_of_three_thousand_characters_is_refused_at_the_door(spec, experiment):
    with pytest.raises(ValidationError, match="characters at most"):
        experiment(**spec)


@pytest.mark.parametrize(
    ("path", "legal"),
    [
        ("/", True), ("/a%20b?q=[1]|x&r=\"{}\"", True), ("/${shelf}/~x", True), ("/a'b", True),
        ("/%zz", False), ("/%", False), ("/a b", False), ("/a#b", False), ("/ü", False),
        ("/a\\b", False), ("/a\n", False), ("a", False), ("", False), ("/\x1b", False),
    ],
)  # fmt: skip
def test_a_path_is_what_a_server_can_be_asked(path, legal, experiment):
    spec = {"load": {"request": {"path": path, "variables": {"shelf": {"min": 1, "max": 2}}}}}
    if legal:
        assert experiment(**spec).spec.load.request.path == path
        return
    mine = {"name": "mine", "image": "mine:1", "readinessPath": path}
    for wrong in (spec, {"variants": [mine]}):
        with pytest.raises(ValidationError, match="must be a path"):
            experiment(**wrong)


SECRET = {"secretKeyRef": {"name": "keys", "key": "api"}}
CONFIG_MAP = {"configMapKeyRef": {"name": "shop", "key": "region"}}


def env_of(experiment, images, given: list[Json]) -> list[Json]:
    variants = [{"name": "asyncpg", "env": given}]
    plan = make_plan(experiment(variants=variants), images)
    run = plan.run_manifests(plan.trials[0], 1)
    container: Json = run[1]["spec"]["template"]["spec"]["containers"][0]
    names = {variable["name"] for variable in given}
    return [variable for variable in container["env"] if variable["name"] in names]


def test_variables_come_from_secrets_and_config_maps_and_in_their_order(experiment, images):
    given: list[Json] = [
        {"name": "API_KEY", "valueFrom": SECRET},
        {"name": "logging.level", "value": "debug"},
        {"name": "region", "valueFrom": CONFIG_MAP},
        {"name": "auth-header", "value": "Bearer $(API_KEY)"},
    ]

    assert env_of(experiment, images, given) == given


@pytest.mark.parametrize(
    "variable",
    [
        {"name": "A"},
        {"name": "A", "value": "1", "valueFrom": SECRET},
        {"name": "1A", "value": "1"},
        {"name": "A=B", "value": "1"},
        {"name": "x" * 101, "value": "1"},
        {"name": "A", "valueFrom": {}},
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "Keys", "key": "api"}}},
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "keys"}}},
        {"name": "A", "valueFrom": SECRET | CONFIG_MAP},
    ],
)
def test_a_variable_that_kubernetes_would_refuse_is_refused_at_the_door(variable, experiment):
    with pytest.raises(ValidationError):
        experiment(variants=[{"name": "asyncpg", "env": [variable]}])


def test_a_variable_of_ours_is_ours_from_a_secret_too(experiment, images):
    with pytest.raises(PlanError, match="env WORKERS is set by LoadLab"):
        env_of(experiment, images, [{"name": "WORKERS", "valueFrom": SECRET}])


def test_what_is_declared_of_a_cache_stands_in_the_spec(experiment, images):
    variants = [{"name": "cached", "env": [{"name": "CACHE_TTL_MS", "valueFrom": SECRET}]}]
    with pytest.raises(PlanError, match="CACHE_TTL_MS is ''"):
        make_plan(experiment(variants=variants), images)
