"""EndpointSlices that somebody else makes for a Service of an experiment's own void the attempt."""

import pytest

from tests.reconcile.laboratory import CHILD, Laboratory

RUN = f"{CHILD}-001-a1"


@pytest.mark.parametrize("service", [RUN, f"{CHILD}-postgres", f"{CHILD}-steward"])
@pytest.mark.parametrize("maker", ["", "endpointslicemirroring-controller.k8s.io"])
async def test_an_endpoint_slice_of_somebody_elses_for_a_service_of_ours_is_named(service, maker):
    """Every node sends connections to its addresses, too, whoever they are."""
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "async"}], retry={"attempts": 1})
    made_by = {"endpointslice.kubernetes.io/managed-by": maker} if maker else {}
    labels = {"kubernetes.io/service-name": service} | made_by
    lab.place({"kind": "EndpointSlice", "metadata": {"name": "trap", "labels": labels}})

    await lab.run()

    (trial,) = lab.trials().values()
    assert (trial["status"]["phase"], trial["status"]["reason"]) == ("Lost", "ForeignPod")
    assert (
        f"EndpointSlice trap is not Kubernetes' own and names the Service {service}"
        in (trial["status"]["message"])
    )


@pytest.mark.parametrize(
    ("service", "maker"),
    [(RUN, "endpointslice-controller.k8s.io"), ("shop", "me"), (f"{CHILD}-999-a1", "me")],
)
async def test_an_endpoint_slice_of_kubernetes_or_for_another_service_disturbs_nobody(
    service, maker
):
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "async"}], retry={"attempts": 1})
    labels = {
        "kubernetes.io/service-name": service,
        "endpointslice.kubernetes.io/managed-by": maker,
    }
    lab.place({"kind": "EndpointSlice", "metadata": {"name": "other", "labels": labels}})

    assert (await lab.run())["phase"] == "Succeeded"
    assert not lab.trials()[f"{CHILD}-001"]["status"].get("formerAttempts")
