"""A ConfigMap of many keys, of which an experiment is given some: the others are no input of it."""

from typing import Any

import pytest

from tests.reconcile.laboratory import Laboratory
from tests.reconcile.test_inputs import (
    NAMES,
    SPEC,
    attempts,
    change,
    create,
    label,
    to_a_run,
    to_trial,
    with_maps,
)

WHEN = [to_a_run, lambda lab: to_trial(lab, 1)]


@pytest.mark.parametrize("when", WHEN, ids=["run", "trial"])
async def test_a_key_that_no_pod_is_given_may_change(when):
    lab = with_maps(*NAMES)
    await when(lab)

    label(lab, "shop-env")["data"] = {"a": "1", "feature-of-somebody-else": "on"}

    assert (await lab.run())["phase"] == "Succeeded"
    assert attempts(lab) == []


@pytest.mark.parametrize(
    ("name", "data"), [("shop-env", {"a": "2"}), ("shop-load", {"a": "1", "lib.js": "new"})]
)
async def test_one_that_pods_are_given_or_a_file_beside_a_script_may_not(
    name: str, data: dict[str, Any]
) -> None:
    lab = with_maps(*NAMES)
    await to_trial(lab, 1)

    label(lab, name)["data"] = data

    status = await lab.run()
    assert status["phase"] == "Failed"
    assert any(f"the ConfigMap {name} was changed" in c["message"] for c in status["conditions"])


@pytest.mark.parametrize("when", WHEN, ids=["run", "trial"])
async def test_who_has_signed_a_certificate_may_be_renewed(when):
    """By trust-manager, say: whom the generator trusts changes no figure."""
    lab = Laboratory()
    create(lab, "authorities")
    create(lab)
    ca = {"ca": {"configMapKeyRef": {"name": "authorities", "key": "a"}}}
    lab.submit(**SPEC | {"variants": [{"name": "mine", "image": "mine:1", "https": ca}]})
    await when(lab)

    change(lab, "authorities")

    assert (await lab.run())["phase"] == "Succeeded"
    assert attempts(lab) == []
    inputs = [trial["status"]["inputs"]["authorities"] for trial in lab.trials().values()]
    assert inputs[0] != inputs[-1]
