"""A service is asked whether it is ready as the load will ask it."""

import json

import pytest

from loadlab.plan import make_plan
from loadlab.plan.generator import trial_configuration

OWN = {"name": "mine", "image": "mine:1"}
SHOP = {"name": "shop", "service": {"name": "shop", "port": 80}}
HEADERS = {"Host": "shop.example", "X-Id": "${request_id}", "Content-Type": "text/plain"}
STEPS = [{"name": "a", "path": "/a"}, {"name": "b", "path": "/"}]
SECRET = {"name": "Authorization", "secretKeyRef": {"name": "shop", "key": "token"}}


@pytest.fixture
def planned(experiment, images):
    def plan(variant, **request):
        load = {"request": {"path": "/"} | request}
        return make_plan(experiment(workload="custom", variants=[variant], load=load), images)

    return plan


def configuration(plan):
    return trial_configuration(plan.context, plan.trials[0].run(1))


def probe(plan):
    service = plan.run_manifests(plan.trials[0], 1)[1]
    return service["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]


def test_headers_in_plain_words_go_along(planned):
    plan = planned(OWN, headers=HEADERS)

    assert configuration(plan)["readinessHeaders"] == {"Host": "shop.example"}
    assert probe(plan)["httpHeaders"] == [{"name": "Host", "value": "shop.example"}]


def test_those_of_secrets_go_along_where_the_generator_has_them(planned):
    plan = planned(OWN, headersFrom=[SECRET])

    (variable,) = configuration(plan)["readinessSecretHeaders"].values()
    assert variable["variable"].startswith("SECRET_HEADER_")
    assert "httpHeaders" not in probe(plan)
    assert "token" not in json.dumps(configuration(plan))


def test_without_headers_nothing_is_said_of_them(planned):
    found = configuration(planned(OWN))

    assert not {"readinessHeaders", "readinessSecretHeaders"} & found.keys()


def test_a_service_that_runs_already_is_known_as_one(planned):
    assert configuration(planned(SHOP))["runsAlready"] is True
    assert "runsAlready" not in configuration(planned(OWN))


@pytest.mark.parametrize(
    ("readiness", "request_", "told"),
    [
        ("/", {"path": "/?shelf=1"}, True),
        ("/ready", {"path": "/%72eady"}, True),
        ("/", {"path": None, "steps": STEPS}, True),
        ("/healthz", {"path": "/"}, False),
    ],
)
def test_instruments_count_the_path_of_the_probes_where_the_load_has_it(
    planned, readiness, request_, told
):
    metered = OWN | {"instrumentsPort": 9000, "readinessPath": readiness}
    plan = planned(metered, **request_)

    deployment = plan.run_manifests(plan.trials[0], 1)[1]
    env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    assert ("READINESS_IS_LOAD" in {variable["name"] for variable in env}) is told
