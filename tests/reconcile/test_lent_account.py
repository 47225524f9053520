"""A ServiceAccount is used only where its label says that experiments may."""

import pytest

from loadlab.base.names import MAY_BE_USED_LABEL
from loadlab.kube.api import Kind, Manifest
from tests.reconcile.laboratory import Laboratory

SPEC: Manifest = {
    "workload": "custom",
    "variants": [{"name": "mine", "image": "mine:1", "serviceAccountName": "shop"}],
    "load": {"duration": "5s", "settling": "0s", "warmup": "1s", "request": {"path": "/"}},
    "replicates": 1,
    "timeouts": {"ready": "20s"},
}
NAMESPACE = "lab"


def lend(lab: Laboratory, labels: dict[str, str]) -> None:
    metadata = {"name": "shop", "namespace": NAMESPACE, "uid": "sa", "labels": labels}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    lab.cluster.objects[Kind.SERVICE_ACCOUNT, NAMESPACE, "shop"] = account


async def test_an_account_that_is_lent_is_used():
    lab = Laboratory()
    lab.submit(**SPEC)
    lend(lab, {MAY_BE_USED_LABEL: "true"})

    status = await lab.run()

    assert status["phase"] == "Succeeded"


@pytest.mark.parametrize("labels", [{}, {MAY_BE_USED_LABEL: "false"}, None])
async def test_one_that_is_not_is_refused_in_words_and_no_pod_is_made(labels):
    lab = Laboratory()
    lab.submit(**SPEC)
    if labels is not None:
        lend(lab, labels)

    await lab.run(steps=80)

    failed = lab.condition("Failed")
    assert failed["reason"] == "AdmissionDenied"
    said = "lacks the label" if labels is not None else "there is no ServiceAccount shop"
    assert said in failed["message"]
    assert not [kind for kind, *_ in lab.cluster.objects if kind is Kind.DEPLOYMENT]


async def test_one_that_is_lent_in_time_is_used():
    lab = Laboratory()
    lab.submit(**SPEC)
    lend(lab, {})
    for _ in range(30):
        await lab.step()
        if lab.condition("Stalled").get("status") == "True":
            break
    else:
        raise AssertionError("nothing is shown")

    lend(lab, {MAY_BE_USED_LABEL: "true"})

    assert (await lab.run())["phase"] == "Succeeded"
