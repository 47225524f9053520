"""Which pods note what is in their Secrets, and what the container that does so may do."""

import pytest

from loadlab.plan import make_plan
from tests.manifests import Json

KEYS: Json = {"name": "keys", "key": "api"}
SOURCES: Json = {
    "env": [{"name": "A", "valueFrom": {"secretKeyRef": KEYS}}],
    "envFrom": [{"secretRef": {"name": "all"}}, {"configMapRef": {"name": "plain"}}],
    "files": [{"path": "/x", "secretKeyRef": {"name": "file", "key": "x"}}],
    "https": {"secretName": "tls", "ca": {"secretKeyRef": {"name": "ca", "key": "x"}}},
    "imagePullSecrets": [{"name": "registry"}],
}
OWN: Json = {"workload": "custom", "load": {"request": {"path": "/"}}}
EXISTING: Json = {"mode": "Existing", "secretRef": {"name": "mine", "key": "url"}}


def pods_of(experiment, images, **spec: object) -> tuple[Json, Json]:
    """Return the pods of service and generator."""
    plan = make_plan(experiment(**spec), images)
    manifests = plan.run_manifests(plan.trials[0], attempt=1)
    service, k6 = (m["spec"]["template"]["spec"] for m in manifests if m["kind"] != "Service")
    return service, k6


def noted(pod: Json) -> list[str]:
    volumes = pod.get("volumes", [])
    return [v["secret"]["secretName"] for v in volumes if v["name"].startswith("noted-")]


def test_all_secrets_that_containers_of_a_pod_are_given_are_noted(experiment, images):
    variants = [{"name": "mine", "image": "mine:1"} | SOURCES]
    service, k6 = pods_of(experiment, images, **OWN, variants=variants)

    assert noted(service) == ["all", "file", "keys", "tls"]
    assert noted(k6) == ["ca"]


def test_of_a_secret_that_is_given_by_keys_those_alone_are_noted(experiment, images):
    """Another key of it may be renewed every hour, and reaches no pod."""
    variants = [{"name": "mine", "image": "mine:1"} | SOURCES]
    service, _ = pods_of(experiment, images, **OWN, variants=variants)

    items = {
        v["secret"]["secretName"]: v["secret"].get("items")
        for v in service["volumes"]
        if v["name"].startswith("noted-")
    }
    assert items["keys"] == [{"key": "api", "path": "api"}]
    assert items["file"] == [{"key": "x", "path": "x"}]
    assert items["all"] is items["tls"] is None


def test_all_pods_note_the_same_keys_of_a_secret(experiment, images):
    """Else the digests of two variants, or of service and generator, could not be compared.

    A header's may be renewed, and is none of them.
    """
    variants = [
        {"name": name, "image": "mine:1", "env": [{"name": "A", "valueFrom": value}]}
        for name, value in (
            ("a", {"secretKeyRef": KEYS}),
            ("b", {"secretKeyRef": KEYS | {"key": "other"}}),
        )
    ]
    header = {"name": "X-Key", "secretKeyRef": KEYS | {"key": "header"}}
    load: Json = {"request": {"path": "/", "headersFrom": [header]}}

    for pod in pods_of(experiment, images, workload="custom", load=load, variants=variants):
        (noting,) = (v["secret"] for v in pod["volumes"] if v["name"].startswith("noted-"))
        assert [item["key"] for item in noting["items"]] == ["api", "other"]


@pytest.mark.parametrize("spec", [{}, OWN | {"variants": [{"name": "mine", "image": "mine:1"}]}])
def test_a_pod_that_is_given_none_of_the_users_has_no_such_container(spec, experiment, images):
    """Passwords of the experiment's own stores never change."""
    for pod in pods_of(experiment, images, **spec):
        assert "initContainers" not in pod
        assert noted(pod) == []


def test_an_existing_store_is_one_of_them(experiment, images):
    service, _ = pods_of(experiment, images, postgres=EXISTING)

    assert noted(service) == ["mine"]


def test_the_container_reads_them_and_nothing_else(experiment, images):
    variants = [{"name": "mine", "image": "mine:1"} | SOURCES]
    service, _ = pods_of(experiment, images, **OWN, variants=variants)
    (container,) = service["initContainers"]

    assert (container["name"], container["image"]) == ("inputs", "services:1")
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted == {
        f"noted-{number}": f"/secrets/{name}"
        for number, name in enumerate(("all", "file", "keys", "tls"))
    }
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    key = next(each for each in container["env"] if each["name"] == "DIGEST_KEY")
    assert key["valueFrom"]["secretKeyRef"]["name"].endswith("-credentials")
    others = [m["name"] for c in service["containers"] for m in c.get("volumeMounts", ())]
    assert not any(name.startswith("noted-") for name in others)


def test_an_experiment_that_an_earlier_release_began_has_no_key_and_goes_on(experiment, images):
    """Its Secret was made without: pods that wait for the key would never begin."""
    variants = [{"name": "mine", "image": "mine:1"} | SOURCES]
    for pod in pods_of(experiment, images, **OWN, variants=variants):
        variables = {each["name"]: each for each in pod["initContainers"][0]["env"]}
        assert variables["DIGEST_KEY"]["valueFrom"]["secretKeyRef"]["optional"] is True


def test_one_that_is_not_there_keeps_nobody_waiting_here(experiment, images):
    variants = [{"name": "mine", "image": "mine:1"} | SOURCES]
    service, _ = pods_of(experiment, images, **OWN, variants=variants)

    found = [v["secret"] for v in service["volumes"] if v["name"].startswith("noted-")]
    assert all(secret["optional"] for secret in found)


@pytest.mark.parametrize("service_cpu", ["Exclusive", "Shared"])
def test_a_pod_asks_for_no_more_by_it_and_stays_of_its_class(service_cpu, experiment, images):
    variants = [{"name": "mine", "image": "mine:1"} | SOURCES]
    placed = {"placement": {"serviceCpu": service_cpu}}

    for pod in pods_of(experiment, images, **OWN, **placed, variants=variants):
        assert pod["initContainers"][0]["resources"] == pod["containers"][0]["resources"]
