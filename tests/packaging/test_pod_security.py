"""Every pod of the chart meets Pod Security "restricted"; so does every pod of a plan."""

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from loadlab.model.resources import Experiment
from loadlab.plan import Images, make_plan
from tests.manifests import Json

REPOSITORY = Path(__file__).resolve().parents[2]
VALUES = sorted((REPOSITORY / "charts/loadlab/ci").glob("*-values.yaml"))
SAMPLES = sorted(
    [
        *(REPOSITORY / "manifests/samples").glob("*.yaml"),
        *(REPOSITORY / "manifests/samples").glob("own/*.yaml"),
    ]
)
ALLOWED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
    "projected", "secret",
}  # fmt: skip
HOST_FIELDS = ("hostNetwork", "hostPID", "hostIPC")


def pods_of(item: Json) -> Iterator[Json]:
    """Yield the pod specs in an object."""
    if item["kind"] == "Pod":
        yield item["spec"]
    elif "template" in item.get("spec", {}):
        yield item["spec"]["template"]["spec"]


def violations(pod: Json) -> list[str]:
    """What the standard "restricted" has against a pod spec."""
    shared = pod.get("securityContext", {})
    found = [field for field in HOST_FIELDS if pod.get(field)]
    for volume in pod.get("volumes", []):
        found += sorted(set(volume) - {"name"} - ALLOWED_VOLUMES)
    for container in [*pod.get("containers", []), *pod.get("initContainers", [])]:
        own = container.get("securityContext", {})
        found += [f"{container['name']}: {what}" for what in _container_violations(own, shared)]
        found += [
            f"hostPort of {container['name']}"
            for p in container.get("ports", [])
            if "hostPort" in p
        ]
    return found


def _container_violations(own: Json, shared: Json) -> Iterator[str]:
    both = shared | own
    if own.get("privileged"):
        yield "privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    if both.get("runAsNonRoot") is not True:
        yield "runAsNonRoot"
    if both.get("runAsUser") == 0:
        yield "runAsUser 0"
    if both.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "seccompProfile"
    capabilities = own.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield "capabilities not dropped"
    if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "capabilities added"


def house_rules(pod: Json) -> list[str]:
    """What we ask of our pods beyond the standard."""
    boundless = [
        f"volume {volume['name']} has no sizeLimit"
        for volume in pod.get("volumes", [])
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]
    ]
    return boundless + [
        f"{container['name']}: {what}"
        for container in pod["containers"]
        for what, kept in {
            "root file system is writable": container["securityContext"].get(
                "readOnlyRootFilesystem"
            ),
            "no memory limit": container.get("resources", {}).get("limits", {}).get("memory"),
        }.items()
        if not kept
    ]


@pytest.fixture
def operator_pod(installed) -> Json:
    (pod,) = [pod for item in installed for pod in pods_of(item)]
    return copy.deepcopy(pod)


def test_installed_operator_is_restricted(operator_pod):
    assert violations(operator_pod) == []
    assert house_rules(operator_pod) == []


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("pod", {"hostNetwork": True}),
        ("pod", {"securityContext": {}}),
        ("pod", {"volumes": [{"name": "node", "hostPath": {"path": "/"}}]}),
        ("container", {"securityContext": {}}),
        ("container", {"ports": [{"containerPort": 80, "hostPort": 80}]}),
    ],
)
def test_the_checker_sees_a_violation(operator_pod, where, change):
    target = operator_pod if where == "pod" else operator_pod["containers"][0]
    target.update(change)

    assert violations(operator_pod) != []


def test_the_checker_sees_a_volume_without_end(operator_pod):
    operator_pod["volumes"].append({"name": "more", "emptyDir": {}})

    assert house_rules(operator_pod) == ["volume more has no sizeLimit"]


@pytest.mark.parametrize(
    "change",
    [
        {"privileged": True},
        {"allowPrivilegeEscalation": True},
        {"runAsNonRoot": False},
        {"runAsUser": 0},
        {"seccompProfile": {"type": "Unconfined"}},
        {"capabilities": {"drop": ["NET_RAW"]}},
        {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}},
    ],
)
def test_the_checker_sees_a_weak_container(operator_pod, change):
    operator_pod["containers"][0]["securityContext"].update(change)

    assert len(violations(operator_pod)) == 1


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_pods_of_a_plan_are_restricted(sample):
    documents = yaml.safe_load_all(sample.read_text())
    body = next(each for each in documents if each["kind"] == "LoadExperiment")
    body["metadata"]["namespace"] = "default"
    images = Images(
        services="services", k6="k6", postgres="postgres", redis="redis", rabbitmq="rabbitmq"
    )
    plan = make_plan(Experiment.model_validate(body), images)
    manifests = plan.store_manifests() + plan.preparation_manifests()
    manifests += plan.own_preparation_manifests()
    for trial in plan.trials:
        manifests += plan.run_manifests(trial, attempt=1)

    pods = [pod for manifest in manifests for pod in pods_of(manifest)]

    assert len(pods) > len(plan.trials)
    assert [v for pod in pods for v in violations(pod) + house_rules(pod)] == []


@pytest.mark.integration
@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_every_rendered_pod_is_restricted(render, values):
    pods = [pod for item in render(f"--values={values}") for pod in pods_of(item)]

    assert len(pods) == 2  # the operator and the pod of `helm test`
    assert [v for pod in pods for v in violations(pod) + house_rules(pod)] == []
