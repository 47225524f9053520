"""What ran behind a Service: put together, and held against what runs later."""

from typing import Any

import pytest

from loadlab.model.status.served import Served, ServedContainer
from loadlab.progress.served import put_together, why_another

A, B = f"@sha256:{'a' * 64}", f"@sha256:{'b' * 64}"


def app(image_id: str = f"reg/shop{A}", **fields: Any) -> ServedContainer:
    return ServedContainer(name="app", image="shop:1", image_id=image_id, **fields)


def served(*containers: ServedContainer, pods: int = 2) -> Served:
    return Served(pods=pods, containers=put_together(containers))


def test_one_image_by_the_names_of_two_registries_is_one():
    (found,) = put_together([app(), app(f"mirror/shop{A}")])

    assert found.pods == 2


def test_what_differs_in_amounts_or_digest_stays_apart():
    assert [each.pods for each in put_together([app(), app(cpu_limit=1), app(f"reg/shop{B}")])] == [
        *(1, 1, 1)
    ]


@pytest.mark.parametrize(
    "now",
    [
        served(app(f"mirror/shop{A}"), app()),
        served(app(f"sha256:{'c' * 64}"), app(f"sha256:{'c' * 64}")),
        Served(pods=2),
    ],
    ids=["another registry", "a node's own digest", "not noted down"],
)
def test_what_may_be_the_same_is_no_other_service(now):
    assert why_another(served(app(), app()), now, "then") == ""


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (served(app(), pods=1), "had 2 pods then and 1 later"),
        (served(app(), app(f"reg/shop{B}")), "number of pods with this image (1, and had 2)"),
        (served(app(f"reg/shop{B}"), app(f"reg/shop{B}")), "another image (shop:1 bbbbbbbbbbbb"),
        (served(app(memory_limit=2**20), app(memory_limit=2**20)), "at most any CPU and 1 MiB"),
    ],
    ids=["fewer pods", "a canary", "another image", "other limits"],
)
def test_another_service_is_told_in_words(now, said):
    assert said in why_another(served(app(), app()), now, "then")
