"""Two experiments of a service that ran already: what it ran as decides, its image is compared."""

from typing import Any

import pytest

from loadlab.analysis.environments import Contrast, contrasts_of
from tests.unit.analysis.test_environments import STATUS, conditions

LOAD: dict[str, Any] = {"workload": "custom", "load": {"request": {"path": "/"}}}
RUNNING = LOAD | {"variants": [{"name": "shop", "service": {"name": "shop", "port": 80}}]}
DEPLOYED = LOAD | {"variants": [{"name": "shop", "image": "shop:1"}]}
APP: dict[str, Any] = {
    "name": "app",
    "image": "shop:1.4",
    "imageId": f"reg/shop@sha256:{'a' * 64}",
    "cpuLimit": 1,
    "memoryLimit": 2**29,
    "pods": 2,
}

REST = "CPU and 512 MiB, requests any CPU and any"


def served(pods: int = 2, **app: Any) -> dict[str, Any]:
    return {"pods": pods, "containers": [APP | {"pods": pods} | app]}


def between(here: dict[str, Any] | None, there: dict[str, Any] | None) -> tuple[Contrast, ...]:
    sides = [
        conditions(RUNNING, STATUS | {"environment": {"services": {"shop": each}} if each else {}})
        for each in (here, there)
    ]
    return contrasts_of(*sides)


def test_the_same_service_has_no_difference():
    assert between(served(), served()) == ()


@pytest.mark.parametrize(
    ("there", "text", "decides"),
    [
        (served(8), "services.shop.pods 2, there 8", True),
        (
            served(cpuLimit=2),
            f"services.shop.app at most 1 {REST}, there at most 2 {REST}",
            True,
        ),
        (
            served(image="shop:1.5", imageId=f"reg/shop@sha256:{'b' * 64}"),
            "services.shop.image.app shop:1.4 aaaaaaaaaaaa, there shop:1.5 bbbbbbbbbbbb",
            False,
        ),
    ],
    ids=["pods", "limits", "image"],
)
def test_of_another_number_of_pods_or_other_limits_nothing_is_claimed(there, text, decides):
    (found,) = between(served(), there)

    assert (found.text, found.is_condition) == (text, decides)


def test_of_a_release_that_did_not_look_it_is_not_known_what_ran():
    (found,) = between(served(), None)

    assert found.text == "it is not known what ran behind the Service of shop in both"
    assert not found.is_condition


def test_a_service_that_ran_already_is_not_compared_with_one_that_was_deployed():
    """It has warm caches and no fresh processes: within one experiment the two are refused."""
    found = contrasts_of(conditions(RUNNING), conditions(DEPLOYED))

    (decisive,) = [each for each in found if each.is_condition]
    assert decisive.text == "variants.shop.runsAlready true, there false"
    assert not any(each.name.startswith("services.") for each in found)
