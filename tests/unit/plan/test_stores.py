"""Which stores are deployed, how a process finds them, and what an existing database changes."""

import pytest
from pydantic import ValidationError

from loadlab.base.names import Component, children_name
from loadlab.model.spec.stores import Postgres
from loadlab.plan import make_plan
from tests.manifests import Json

DEMO = children_name("demo", "uid-demo")
EXISTING = {"mode": "Existing", "secretRef": {"name": "shop"}}


def containers(manifests: list[Json]) -> dict[str, Json]:
    """The only container of each pod, by the name of what makes the pod."""
    return {
        m["metadata"]["name"]: m["spec"]["template"]["spec"]["containers"][0]
        for m in manifests
        if "template" in m.get("spec", {})
    }


def variables(container: Json) -> dict[str, object]:
    return {v["name"]: v.get("value", v.get("valueFrom")) for v in container["env"]}


@pytest.mark.parametrize(
    ("workload", "variants", "stores"),
    [
        ("sleep", ["async"], []),
        ("select", ["sync"], ["postgres"]),
        ("select", ["sync", "cached"], ["postgres", "redis"]),
        ("ingest", ["queued"], ["postgres", "redis"]),
        ("ingest", ["celery"], ["postgres", "rabbitmq"]),
        ("items", ["direct", "queued"], ["postgres", "redis", "rabbitmq"]),
    ],
)
def test_only_the_stores_that_a_variant_needs_are_deployed(
    workload, variants, stores, experiment, images
):
    spec = {"workload": workload, "variants": [{"name": name} for name in variants]}

    plan = make_plan(experiment(**spec), images)

    assert list(containers(plan.store_manifests())) == [f"{DEMO}-{store}" for store in stores]
    assert plan.stores == tuple(Component(store) for store in stores)


def test_rabbitmq_is_found_by_its_address_and_knows_its_memory(experiment, images):
    spec = {"workload": "ingest", "variants": [{"name": "celery"}]}
    plan = make_plan(experiment(**spec, resources={"rabbitmq": {"memory": "1Gi"}}), images)

    broker = containers(plan.store_manifests())[f"{DEMO}-rabbitmq"]
    worker = containers(plan.run_manifests(plan.trials[0], attempt=1))[f"{DEMO}-001-a1-worker"]
    (service,) = (
        m
        for m in plan.store_manifests()
        if (m["kind"], m["metadata"]["name"]) == ("Service", f"{DEMO}-rabbitmq")
    )

    assert (
        variables(worker)["AMQP_URL"]
        == f"amqp://loadlab:$(RABBITMQ_PASSWORD)@{DEMO}-rabbitmq:5672/"
    )
    assert [p["port"] for p in service["spec"]["ports"]] == [5672, 15692]
    assert broker["resources"]["limits"]["memory"] == "1Gi"
    arguments = str(variables(broker)["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"])
    assert arguments.count("total_memory_available_override_value $(MEMORY_LIMIT)") == 1
    names = [v["name"] for v in broker["env"]]
    assert names.index("MEMORY_LIMIT") < names.index("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS")


def test_an_existing_database_is_used_and_none_is_deployed(experiment, images):
    spec = {"workload": "select", "variants": [{"name": "asyncpg"}, {"name": "cached"}]}
    plan = make_plan(experiment(**spec, postgres=EXISTING), images)

    everything = containers(plan.preparation_manifests())
    everything |= containers(plan.run_manifests(plan.trials[0], attempt=1))
    users = [c for name, c in everything.items() if not name.endswith("-k6")]

    assert list(containers(plan.store_manifests())) == [f"{DEMO}-redis"]
    assert len(users) == 3
    for container in users:
        found = variables(container)
        assert found["DATABASE_URL"] == {"secretKeyRef": {"name": "shop", "key": "url"}}
        assert found["DATABASE_SCHEMA"] == "loadlab"
        assert "POSTGRES_PASSWORD" not in found


@pytest.mark.parametrize(
    ("store", "variant", "names"),
    [
        ("redis", "queued", ("REDIS_URL", "REDIS_SPACE", "REDIS_PASSWORD")),
        ("rabbitmq", "celery", ("AMQP_URL", "AMQP_SPACE", "RABBITMQ_PASSWORD")),
    ],
)
def test_an_existing_store_is_used_in_a_space_of_the_experiments_own(
    store, variant, names, experiment, images
):
    url, space, password = names
    spec = {"workload": "ingest", "variants": [{"name": variant}]}
    plan = make_plan(experiment(**spec, **{store: EXISTING}), images)

    everything = containers(plan.preparation_manifests())
    everything |= containers(plan.run_manifests(plan.trials[0], attempt=1))
    users = {name: c for name, c in everything.items() if not name.endswith("-k6")}

    assert list(containers(plan.store_manifests())) == [f"{DEMO}-postgres"]
    assert sorted(name.removeprefix(f"{DEMO}-") for name in users) == [
        *("001-a1", "001-a1-worker", "dataset", "steward")
    ]
    for container in users.values():
        found = variables(container)
        assert found[url] == {"secretKeyRef": {"name": "shop", "key": "url"}}
        assert found[space] == "loadlab:uid-demo"
        assert password not in found


def test_the_steward_has_time_to_leave_a_store_of_others(experiment, images):
    spec = {"workload": "ingest", "variants": [{"name": "queued"}]}
    graces = []
    for more in ({}, {"redis": EXISTING}):
        plan = make_plan(experiment(**spec, **more), images)
        (steward,) = (
            m["spec"]["template"]["spec"]
            for m in plan.preparation_manifests()
            if m["kind"] == "Deployment"
        )
        graces.append(steward["terminationGracePeriodSeconds"])

    assert graces == [5, 20]


def test_where_an_existing_broker_tells_of_its_queues_is_said(experiment, images):
    spec = {"workload": "ingest", "variants": [{"name": "celery"}]}
    plan = make_plan(experiment(**spec, rabbitmq=EXISTING | {"metricsPort": 9419}), images)

    for container in containers(plan.preparation_manifests()).values():
        assert variables(container)["AMQP_METRICS_PORT"] == "9419"


def test_whose_the_schema_is_is_told_to_those_who_hold_it(experiment, images):
    """The uid alone tells experiments of two clusters apart."""
    made = experiment(postgres=EXISTING)
    plan = make_plan(made, images)

    metadata, everything = made.metadata, containers(plan.preparation_manifests())
    everything |= containers(plan.run_manifests(plan.trials[0], attempt=1))
    told = {name: variables(each).get("DATABASE_OWNER") for name, each in everything.items()}
    owner = f"{metadata.namespace}/{metadata.name} ({metadata.uid})"
    assert {name for name, found in told.items() if found == owner} == {
        f"{DEMO}-dataset",
        f"{DEMO}-steward",
    }


def test_a_database_of_the_experiments_own_keeps_its_tables_in_public(experiment, images):
    plan = make_plan(experiment(), images)

    for container in containers(plan.preparation_manifests()).values():
        assert not {"DATABASE_SCHEMA", "DATABASE_OWNER"} & variables(container).keys()


def test_what_an_existing_server_must_allow_is_asked_by_the_job(experiment, images):
    spec = {"factors": {"workers": [1, 4], "poolSize": [50]}, "postgres": EXISTING}
    plan = make_plan(experiment(**spec), images)

    job = containers(plan.preparation_manifests())[f"{DEMO}-dataset"]

    assert variables(job)["CONNECTIONS"] == "208"


@pytest.mark.parametrize("overwrite", [True, False])
def test_only_the_experiment_says_whether_a_data_set_is_overwritten(overwrite, experiment, images):
    plan = make_plan(experiment(postgres=EXISTING | {"overwrite": overwrite}), images)

    job = containers(plan.preparation_manifests())[f"{DEMO}-dataset"]

    assert variables(job)["OVERWRITE"] == str(overwrite).lower()
    assert job["terminationMessagePolicy"] == "FallbackToLogsOnError"


@pytest.mark.parametrize("spec", [{"mode": "Existing"}, {"secretRef": {"name": "shop"}}])
def test_an_existing_database_is_named_by_a_secret_and_no_other_is(spec):
    with pytest.raises(ValidationError, match=r"secretRef goes with mode Existing"):
        Postgres.model_validate(spec)
