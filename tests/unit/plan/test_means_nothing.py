"""What means nothing for any variant is refused by its name, and not passed over in silence."""

import pytest

from loadlab.plan import PlanError, make_plan

CUSTOM = {
    "workload": "custom",
    "variants": [{"name": "mine", "image": "localhost/shop:1"}],
    "load": {"request": {"path": "/"}},
}


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("postgres", {"scale": 0.1}),
        ("postgres", {"mode": "Existing", "secretRef": {"name": "db"}}),
        ("redis", {"image": "redis:7"}),
        ("rabbitmq", {"image": "rabbitmq:3"}),
    ],
)
def test_a_store_that_no_variant_has(experiment, images, field, given):
    with pytest.raises(PlanError, match=f"^{field} means nothing for the workload custom"):
        make_plan(experiment(**CUSTOM | {field: given}), images)


def test_a_pool_that_no_variant_has(experiment, images):
    with pytest.raises(PlanError, match=r"factors\.poolSize changes nothing for mine"):
        make_plan(experiment(**CUSTOM, factors={"poolSize": [5, 10, 20]}), images)


@pytest.mark.parametrize(
    "filled_in",
    [
        {"factors": {"poolSize": [10], "virtualUsers": [4]}},
        {"postgres": {"mode": "Builtin", "scale": 0.01, "settings": {}}},
        {"redis": {"appendfsync": "everysec"}, "rabbitmq": {"image": ""}},
    ],
    ids=["pool", "postgres", "others"],
)
def test_what_the_api_server_fills_in_is_no_fault(experiment, images, filled_in):
    assert make_plan(experiment(**CUSTOM | filled_in), images).trials


def test_a_store_of_a_built_in_workload_whose_variant_is_left_out_for_now(experiment, images):
    spec = {"workload": "select", "variants": [{"name": "sync"}], "redis": {"image": "redis:7"}}

    assert make_plan(experiment(**spec), images).trials
