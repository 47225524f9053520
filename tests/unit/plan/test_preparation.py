"""The Job of the user's own preparation, and who may speak to it."""

import pytest

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
    ],
)
def test_what_could_not_be_is_refused_in_words(spec, says, experiment, images):
    with pytest.raises(PlanError, match=says):
        make_plan(experiment(**spec), images)
