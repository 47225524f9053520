"""Which keys of Secrets and ConfigMaps pods are given, wherever a spec names them."""

from typing import Final

from loadlab.model.spec.experiment import LoadExperimentSpec
from loadlab.model.spec.given import (
    config_map_keys,
    renewed_config_maps,
    renewed_secrets,
    secret_keys,
)
from tests.manifests import Json

ONE: Final = frozenset("a")


def spec(**variant: object) -> LoadExperimentSpec:
    fields: Json = {
        "workload": "custom",
        "variants": [{"name": "mine", "image": "mine:1"} | variant],
        "factors": {"virtualUsers": [10]},
        "load": {"request": {"path": "/"}},
        "postgres": {"mode": "Existing", "secretRef": {"name": "mine"}},
    }
    return LoadExperimentSpec.model_validate(fields)


def env(kind: str, *keys: str) -> list[Json]:
    return [
        {"name": key.upper(), "valueFrom": {kind: {"name": "shop", "key": key}}} for key in keys
    ]


def test_keys_that_are_named_come_together_by_the_objects_name():
    found = spec(env=env("secretKeyRef", "a", "b"))

    assert secret_keys(found) == {"shop": frozenset("ab"), "mine": frozenset({"url"})}
    assert config_map_keys(found) == {}
    assert config_map_keys(spec(env=env("configMapKeyRef", "a"))) == {"shop": ONE}


def test_one_that_is_given_whole_anywhere_is_given_whole():
    secret = spec(env=env("secretKeyRef", "a"), envFrom=[{"secretRef": {"name": "shop"}}])
    assert secret_keys(secret)["shop"] is None

    both = spec(env=env("configMapKeyRef", "a"), envFrom=[{"configMapRef": {"name": "shop"}}])
    assert config_map_keys(both) == {"shop": None}


def test_by_what_an_image_is_pulled_no_pod_is_given():
    assert "registry" not in secret_keys(spec(imagePullSecrets=[{"name": "registry"}]))


def test_a_certificate_alone_may_be_renewed():
    given = spec(https={"secretName": "shop"})

    assert renewed_secrets(given) == {"shop"}
    assert secret_keys(given)["shop"] is None


def test_beside_what_may_be_renewed_the_other_keys_must_stay():
    https = {"secretName": "shop", "ca": {"configMapKeyRef": {"name": "shop", "key": "ca.crt"}}}
    mixed = spec(env=env("secretKeyRef", "a"), https=https)

    assert renewed_secrets(mixed) == set()
    assert secret_keys(mixed)["shop"] == ONE
    assert renewed_config_maps(mixed) == {"shop"}
    assert config_map_keys(mixed)["shop"] == frozenset({"ca.crt"})
