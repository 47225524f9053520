"""The Job of the user's own preparation, and who may speak to it."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from loadlab.base.names import COMPONENT_LABEL
from loadlab.plan import PlanError, make_plan
from tests.manifests import Json

IMAGE: Json = {"image": "shop:1", "command": ["alembic", "upgrade", "head"]}
SQL: Json = {"sql": {"name": "shop", "key": "seed.sql"}}
CUSTOM: Json = {
    "workload": "custom",
    "variants": [{"name": "mine", "image": "mine:1"}],
    "load": {"request": {"path": "/"}},
}


def container_of(experiment, images, **spec: object) -> Json:
    (job,) = make_plan(experiment(**spec), images).own_preparation_manifests()
    assert job["spec"]["backoffLimit"] == 0
    (found,) = job["spec"]["template"]["spec"]["containers"]
    container: Json = found
    return container


def test_an_image_is_told_the_database_and_its_own_variables(experiment, images):
    env = [{"name": "SEED", "value": "7"}]

    container = container_of(experiment, images, preparation=IMAGE | {"env": env})

    assert (container["name"], container["image"]) == ("preparation", "shop:1")
    assert container["command"] == ["alembic", "upgrade", "head"]
    names = [variable["name"] for variable in container["env"]]
    assert names == ["POSTGRES_PASSWORD", "DATABASE_URL", "SEED"]


def test_its_pod_is_pulled_marked_and_run_as_a_variants_is(experiment, images):
    ours = replace(images, pull_secrets=("ours",))
    told: Json = {"imagePullSecrets": [{"name": "regcred"}], "serviceAccountName": "migrates"}
    told |= {"podLabels": {"team": "shop"}, "podAnnotations": {"sidecar.istio.io/inject": "false"}}

    (job,) = make_plan(experiment(preparation=IMAGE | told), ours).own_preparation_manifests()

    metadata, pod = job["spec"]["template"]["metadata"], job["spec"]["template"]["spec"]
    assert pod["imagePullSecrets"] == [{"name": "regcred"}, {"name": "ours"}]
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("migrates", False)
    assert metadata["annotations"].items() > {"sidecar.istio.io/inject": "false"}.items()
    assert metadata["labels"]["team"] == "shop"
    assert metadata["labels"][COMPONENT_LABEL] == "preparation"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"serviceAccountName": "migrates"}, "serviceAccountName, .* go with its image"),
        ({"imagePullSecrets": [{"name": "regcred"}]}, "imagePullSecrets, .* go with its image"),
        ({"imagePullPolicy": "Always"}, "imagePullPolicy, .* go with its image"),
    ],
)
def test_what_is_an_images_does_not_go_with_sql(more, says, experiment, images):
    with pytest.raises(ValidationError, match=says):
        make_plan(experiment(preparation=SQL | more), images)


def test_sql_runs_until_its_first_error(experiment, images):
    plan = make_plan(experiment(preparation=SQL), images)
    pod = plan.own_preparation_manifests()[0]["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert container["image"] == "postgres:15"
    assert "--set=ON_ERROR_STOP=1" in container["command"]
    assert "--dbname=$(DATABASE_URL)" in container["command"]
    (file,) = (word for word in container["command"] if word.startswith("--file="))
    (mount,) = (m for m in container["volumeMounts"] if m["name"] == "sql")
    (volume,) = (v["configMap"] for v in pod["volumes"] if v["name"] == "sql")
    assert volume == {"name": "shop", "items": [{"key": "seed.sql", "path": "preparation.sql"}]}
    assert file == f"--file={mount['mountPath']}/preparation.sql"


def test_it_reaches_the_stores_and_nobody_reaches_it(experiment, images):
    plan = make_plan(experiment(preparation=IMAGE), images)
    policies = [*plan.store_manifests(), *plan.preparation_manifests()]
    made = {m["metadata"]["name"]: m for m in policies if m["kind"] == "NetworkPolicy"}

    (own,) = (m for name, m in made.items() if name.endswith("-preparation"))
    (postgres,) = (m for name, m in made.items() if name.endswith("-postgres"))
    assert own["spec"]["ingress"] == []
    assert "preparation" in str(postgres["spec"]["ingress"])


def test_without_one_nothing_is_made(experiment, images):
    plan = make_plan(experiment(), images)

    assert plan.own_preparation_manifests() == []
    assert "preparation" not in str(plan.preparation_manifests())


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (CUSTOM | {"preparation": SQL}, "preparation.sql needs a Postgres"),
        (
            {"preparation": IMAGE | {"env": [{"name": "DATABASE_URL", "value": "x"}]}},
            "preparation: env DATABASE_URL is set by LoadLab",
        ),
        (
            {"preparation": IMAGE | {"podLabels": {"loadlab.dev/run": "x"}}},
            "preparation: podLabels: 'loadlab.dev/run' is for Kubernetes or LoadLab to set",
        ),
    ],
)
def test_what_could_not_be_is_refused_in_words(spec, says, experiment, images):
    with pytest.raises(PlanError, match=says):
        make_plan(experiment(**spec), images)
