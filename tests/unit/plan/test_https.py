"""A service that is asked by https: what its pod and the generator's get for it."""

import json

import pytest

from loadlab.plan import make_plan
from tests.manifests import Json

MINE: Json = {"name": "mine", "image": "mine:1", "port": 8443}
ASKED: Json = {"workload": "custom", "load": {"request": {"path": "/"}}}


def pods_of(experiment, images, **variant: object) -> tuple[Json, Json]:
    plan = make_plan(experiment(**ASKED, variants=[MINE | variant]), images)
    _, deployment, generator = plan.run_manifests(plan.trials[0], attempt=1)
    service: Json = deployment["spec"]["template"]["spec"]
    k6: Json = generator["spec"]["template"]["spec"]
    return service, k6


def trial_of(k6: Json) -> Json:
    env = {v["name"]: v.get("value") for v in k6["containers"][0]["env"]}
    found: Json = json.loads(env["TRIAL_0"])
    return found


@pytest.mark.parametrize(
    ("given", "volume"),
    [
        ({}, {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt"}]}}),
        (
            {"ca": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"secret": {"secretName": "s", "items": [{"key": "k"}]}},
        ),
        (
            {"ca": {"configMapKeyRef": {"name": "c", "key": "k"}}},
            {"configMap": {"name": "c", "items": [{"key": "k"}]}},
        ),
    ],
    ids=["the cluster's", "a Secret", "a ConfigMap"],
)
def test_the_generator_trusts_one_authority(given, volume, experiment, images):
    _, k6 = pods_of(experiment, images, https=given)
    (container,) = k6["containers"]

    (source,) = volume.values()
    source["items"][0]["path"] = "ca.crt"
    assert k6["volumes"][0] == {"name": "ca", **volume}
    (mount,) = container["volumeMounts"]
    trusted = {"name": "SSL_CERT_FILE", "value": f"{mount['mountPath']}/ca.crt"}
    assert trusted in container["env"]


def test_it_asks_for_a_name_that_a_certificate_of_the_namespace_has(experiment, images):
    service, k6 = pods_of(experiment, images, https={})

    target = trial_of(k6)["target"]
    assert target.startswith("https://demo-")
    assert target.endswith("-a1.lab.svc:8443")
    assert service["containers"][0]["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"


def test_the_certificate_is_a_folder_of_the_service(experiment, images):
    service, _ = pods_of(experiment, images, https={"secretName": "shop-tls"})

    assert {"name": "tls", "secret": {"secretName": "shop-tls"}} in service["volumes"]
    mounts = service["containers"][0]["volumeMounts"]
    assert {"name": "tls", "mountPath": "/tls", "readOnly": True} in mounts
    assert len(service["containers"][1].get("volumeMounts", [])) == 0, "the meter needs no key"


def test_by_http_nothing_is_mounted(experiment, images):
    service, k6 = pods_of(experiment, images)

    assert "volumes" not in k6
    assert [volume["name"] for volume in service["volumes"]] == ["tmp"]
    assert trial_of(k6)["target"].startswith("http://demo-")
