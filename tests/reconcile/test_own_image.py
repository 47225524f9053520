"""An experiment with images of the user's own, from its plan to what its status says."""

from typing import Any

import pytest

from loadlab.base.names import COMPONENT_LABEL, METER
from loadlab.kube.api import Manifest
from loadlab.kube.pods import view_pod
from tests.reconcile.laboratory import SECRET, Laboratory

DIGEST = "registry.example/api@sha256:0123"
OWN: dict[str, Any] = {
    "workload": "custom",
    "variants": [
        {"name": "mine", "image": "registry.example/api:1"},
        {"name": "other", "image": "registry.example/api:2", "instrumentsPort": 9000},
    ],
    "load": {"duration": "5s", "settling": "0s", "warmup": "1s", "request": {"path": "/"}},
    "replicates": 1,
}
CRASHING: Manifest = {
    "phase": "Running",
    "containerStatuses": [
        {"name": METER, "state": {"running": {}}, "restartCount": 0},
        {
            "name": "service",
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {
                "terminated": {
                    "reason": "Error",
                    "exitCode": 13,
                    "message": "PermissionError: [Errno 13] Permission denied: '/var/cache'",
                }
            },
            "restartCount": 3,
        },
    ],
}


async def test_what_an_image_without_instruments_cannot_tell_stands_in_its_row():
    lab = Laboratory()
    lab.submit(**OWN)

    status = await lab.run()

    rows = {row["cell"]["variant"]: row for row in status["results"]}
    assert status["phase"] == "Succeeded"
    assert any("NoInstruments" in reason for reason in rows["mine"]["reasons"])
    assert not any("NoInstruments" in reason for reason in rows["other"]["reasons"])


async def test_a_remark_makes_no_row_less_valid():
    lab = Laboratory()
    lab.submit(**OWN)

    status = await lab.run()

    validity = {row["cell"]["variant"]: row["validity"] for row in status["results"]}
    assert validity["mine"] == validity["other"]


async def test_the_image_of_each_variant_is_on_record():
    lab = Laboratory()
    lab.submit(**OWN)

    images = (await lab.run())["environment"]["images"]

    assert images["service/mine"] == "registry.example/api:1"
    assert images["service/other"] == "registry.example/api:2"
    assert "service" not in images


async def test_an_image_that_needs_root_is_told_so():
    lab = Laboratory()
    lab.submit(**OWN, timeouts={"ready": "10s"})
    lab.cluster.fault_of = lambda pod: (
        CRASHING if pod["metadata"]["labels"][COMPONENT_LABEL] == "service" else None
    )

    await lab.run(steps=60)

    failed = lab.condition("Failed")
    assert failed["reason"] == "CrashLoop"
    assert "exit code 13" in failed["message"]
    assert "Permission denied" in failed["message"]
    assert "one that needs root cannot run" in failed["message"]


def test_a_metered_pod_is_judged_by_its_service():
    """The kubelet lists containers by name, so the meter comes first."""
    running = {"name": METER, "imageID": "sha256:meter", "restartCount": 5, "state": {}}
    service = {"name": "service", "imageID": DIGEST, "restartCount": 0, "state": {}}
    pod = {
        "metadata": {"name": "p", "labels": {COMPONENT_LABEL: "service"}},
        "spec": {"containers": [{"name": "service", "image": "x"}, {"name": METER, "image": "y"}]},
        "status": {"containerStatuses": [running, service]},
    }

    view = view_pod(pod)

    assert (view.image, view.restarts) == (DIGEST, 0)


@pytest.mark.parametrize(
    ("image", "is_hinted"),
    [("shop", True), ("r.example:5000/shop:latest", True), ("shop:1.4", False)],
)
async def test_an_image_that_is_on_the_node_only_has_a_field(image, is_hinted):
    lab = Laboratory()
    lab.submit(**OWN | {"variants": [{"name": "mine", "image": image}]}, timeouts={"ready": "10s"})
    waits = {"state": {"waiting": {"reason": "ErrImagePull"}}, "restartCount": 0}
    lab.cluster.fault_of = lambda pod: (
        {"phase": "Pending", "containerStatuses": [waits]}
        if pod["metadata"]["labels"][COMPONENT_LABEL] == "service"
        else None
    )

    await lab.run()

    assert lab.condition("Failed")["reason"] == "ImagePullFailed"
    hint = "imagePullPolicy: IfNotPresent if it is on the node"
    assert (hint in lab.condition("Failed")["message"]) is is_hinted


@pytest.mark.parametrize(
    ("secret", "remedy"),
    [
        ("shop-credentials", "create it in the experiment's namespace"),
        (SECRET, "somebody deleted the experiment's own Secret, so create the experiment anew"),
    ],
)
async def test_a_secret_that_is_not_there_has_a_remedy_and_nothing_is_said_of_the_image(
    secret, remedy
):
    lab = Laboratory()
    lab.submit(**OWN, timeouts={"ready": "10s"})
    lacking = {
        "phase": "Pending",
        "containerStatuses": [
            {
                "name": "service",
                "state": {
                    "waiting": {
                        "reason": "CreateContainerConfigError",
                        "message": f'secret "{secret}" not found',
                    }
                },
                "restartCount": 0,
            }
        ],
    }
    lab.cluster.fault_of = lambda pod: (
        lacking if pod["metadata"]["labels"][COMPONENT_LABEL] == "service" else None
    )

    await lab.run()

    message = lab.condition("Failed")["message"]
    assert f'secret "{secret}" not found; {remedy}' in message
    assert "runs as user" not in message
