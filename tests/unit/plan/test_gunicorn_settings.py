"""gunicorn's threads and worker_connections: told where gunicorn serves, else refused."""

import pytest

from loadlab.plan import PlanError, make_plan

THREADS = {"gunicornThreads": [1, 8]}


def plan_of(experiment, images, variants, **factors):
    spec = {"workload": "sleep", "variants": variants, "factors": factors}
    return make_plan(experiment(**spec), images)


@pytest.mark.parametrize(
    ("variants", "factors"),
    [
        ([{"name": "async"}], THREADS),
        ([{"name": "async", "server": "gunicorn"}, {"name": "sync"}], THREADS),
        ([{"name": "async"}], THREADS | {"server": ["gunicorn", "uvicorn"]}),
        ([{"name": "async", "server": "uvicorn"}], {"gunicornWorkerConnections": [9]}),
    ],
)
def test_where_something_else_serves_they_are_refused(variants, factors, experiment, images):
    with pytest.raises(PlanError, match=r"is a setting of gunicorn: serve every variant by it"):
        plan_of(experiment, images, variants, **factors)


def test_gunicorn_is_told_by_the_environment(experiment, images):
    factors = {"gunicornThreads": [8], "gunicornWorkerConnections": [10], "server": ["gunicorn"]}
    plan = plan_of(experiment, images, [{"name": "async"}], **factors)
    deployment = plan.run_manifests(plan.trials[0], attempt=1)[1]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    told = {v["name"]: v["value"] for v in container["env"]}

    assert told["GUNICORN_THREADS"] == "8"
    assert told["GUNICORN_WORKER_CONNECTIONS"] == "10"
    assert (
        plan.cells[0]
        .title()
        .startswith("async/server=gunicorn/gunicornThreads=8/gunicornWorkerConnections=10/")
    )
