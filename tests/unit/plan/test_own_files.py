"""Files of a team's own image: each at its path, and nothing else of that folder changed."""

import pytest
from pydantic import ValidationError

from loadlab.model.spec.variants import MOST_VARIABLES
from loadlab.plan import PlanError, make_plan
from tests.manifests import Json

SETTINGS: Json = {
    "path": "/etc/shop/settings.toml",
    "configMapKeyRef": {"name": "shop", "key": "production.toml"},
}
LICENCE: Json = {"path": "/licence", "secretKeyRef": {"name": "keys", "key": "licence.txt"}}
MINE: Json = {"name": "mine", "image": "mine:1"}
ASKED: Json = {"workload": "custom", "load": {"request": {"path": "/"}}}
VOLUMES = [
    {
        "name": "file-0",
        "configMap": {"name": "shop", "items": [{"key": "production.toml", "path": "file"}]},
    },
    {
        "name": "file-1",
        "secret": {"secretName": "keys", "items": [{"key": "licence.txt", "path": "file"}]},
    },
]
MOUNTS = [
    {
        "name": "file-0",
        "mountPath": "/etc/shop/settings.toml",
        "subPath": "file",
        "readOnly": True,
    },
    {"name": "file-1", "mountPath": "/licence", "subPath": "file", "readOnly": True},
]


def service_pod(experiment, images, *files: Json) -> Json:
    plan = make_plan(experiment(**ASKED, variants=[MINE | {"files": list(files)}]), images)
    deployment = plan.run_manifests(plan.trials[0], attempt=1)[1]
    pod: Json = deployment["spec"]["template"]["spec"]
    return pod


def test_each_file_is_one_key_at_its_path_in_the_images_container_alone(experiment, images):
    pod = service_pod(experiment, images, SETTINGS, LICENCE)

    service, meter = pod["containers"]
    assert [each for each in pod["volumes"] if each["name"].startswith("file-")] == VOLUMES
    assert service["volumeMounts"][1:] == MOUNTS
    assert "volumeMounts" not in meter


def test_a_preparation_has_them_as_a_variant_does(experiment, images):
    prepared = {"image": "shop:1", "files": [SETTINGS, LICENCE]}
    plan = make_plan(experiment(preparation=prepared), images)

    (job,) = plan.own_preparation_manifests()

    pod = job["spec"]["template"]["spec"]
    assert pod["volumes"][1:] == VOLUMES
    assert pod["containers"][0]["volumeMounts"][1:] == MOUNTS


def test_without_files_nothing_is_mounted_for_them(experiment, images):
    pod = service_pod(experiment, images)

    assert [volume["name"] for volume in pod["volumes"]] == ["tmp"]


def refused(experiment, images, where: str, *paths: str) -> str:
    files = [SETTINGS | {"path": path} for path in paths]
    spec: Json = {"variants": [MINE | ({"files": files} if where == "mine" else {})]}
    spec |= {"preparation": {"image": "shop:1", "files": files}} if where != "mine" else {}
    with pytest.raises(PlanError) as caught:
        make_plan(experiment(**ASKED | spec), images)
    return str(caught.value)


@pytest.mark.parametrize(
    ("where", "named"), [("mine", "variants mine"), ("preparation", "preparation")]
)
def test_a_file_that_is_also_a_folder_is_refused(experiment, images, where, named):
    said = refused(experiment, images, where, "/etc/shop/a", "/etc/other", "/etc/shop")

    assert said.startswith(f"{named}: files has /etc/shop and as a folder, in /etc/shop/a;")


def test_a_path_that_stands_there_twice_is_refused(experiment, images):
    assert "files has /etc/shop twice" in refused(
        experiment, images, "mine", "/etc/shop", "/b", "/etc/shop"
    )


def test_paths_that_only_begin_alike_are_no_trouble(experiment, images):
    assert service_pod(
        experiment, images, SETTINGS, SETTINGS | {"path": "/etc/shop/settings.toml.d"}
    )


def test_as_many_variables_as_there_may_be_are_handed_on(experiment, images):
    env = [{"name": f"A{number}", "value": "1"} for number in range(MOST_VARIABLES)]
    plan = make_plan(experiment(**ASKED, variants=[MINE | {"env": env}]), images)
    deployment = plan.run_manifests(plan.trials[0], attempt=1)[1]

    container = deployment["spec"]["template"]["spec"]["containers"][0]

    assert container["env"][-MOST_VARIABLES:] == env
    with pytest.raises(ValidationError, match="60 items"):
        experiment(**ASKED, variants=[MINE | {"env": [*env, {"name": "B", "value": "1"}]}])
