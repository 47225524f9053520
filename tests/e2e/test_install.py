"""Every way of installing ends in a working operator; uninstalling leaves CRDs and results.

Last of all (`z`), because it takes the operator away from the other tests.
"""

import pytest
import yaml
from cluster_tools import (
    CHART,
    HELM3,
    HELM4,
    REPOSITORY,
    SYSTEM,
    VALUES,
    Lab,
    RefusedError,
    condition,
    eventually,
    kubectl,
    run,
)

pytestmark = pytest.mark.e2e
QUICK = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [5], "virtualUsers": [4]},
    "replicates": 1,
    "load": {"duration": "2s", "warmup": "0s"},
}


def assert_operator_works(lab: Lab, name: str) -> None:
    kubectl("-n", SYSTEM, "rollout", "status", "deployment", "--timeout=60s")
    lab.delete(name)
    lab.submit(name, **QUICK)
    status = lab.wait(name, 90)
    assert status["phase"] == "Succeeded", condition(status, "Finished")


def everything_of_ours() -> list[str]:
    kinds = "deployments,pods,serviceaccounts,roles,rolebindings,configmaps,secrets,services"
    names = kubectl("-n", SYSTEM, "get", kinds, "-o", "name").split()
    cluster_wide = kubectl("get", "clusterroles,clusterrolebindings", "-o", "name").split()
    own = [name for name in cluster_wide if "loadlab" in name]
    given = {"serviceaccount/default", "configmap/kube-root-ca.crt"}
    return [name for name in names if name not in given] + own


def wait_until_gone() -> None:
    eventually(lambda: not everything_of_ours(), 40, f"left: {everything_of_ours()}")


@pytest.mark.parametrize("helm", [HELM3, HELM4], ids=["Helm 3", "Helm 4"])
def test_helm_installs_and_uninstalls(lab: Lab, helm):
    run(HELM4, "uninstall", "loadlab", "-n", SYSTEM, "--ignore-not-found", "--wait")
    wait_until_gone()
    options = ["-n", SYSTEM, "-f", str(VALUES), "--wait", "--timeout", "2m"]
    run(helm, "install", "loadlab", CHART, *options, timeout=150)

    assert_operator_works(lab, helm.name)
    run(helm, "test", "loadlab", "-n", SYSTEM, "--timeout", "90s")
    run(helm, "uninstall", "loadlab", "-n", SYSTEM, "--wait")

    wait_until_gone()
    assert lab.status(helm.name)["phase"] == "Succeeded"  # CRDs and results stay


def test_the_install_manifest_works(lab: Lab):
    """Its public image names are exchanged for the node's own; nothing else is."""
    local = {n: f"{i['repository']}:{i['tag']}" for n, i in _images().items()}
    text = (REPOSITORY / "manifests" / "install.yaml").read_text()
    manifests = [_with_images(m, local) for m in yaml.safe_load_all(text) if m]
    rendered = yaml.safe_dump_all(manifests)
    try:
        kubectl("apply", "-f", "-", stdin=rendered)
        assert_operator_works(lab, "manifest")
    finally:
        kept = {"CustomResourceDefinition", "Namespace"}
        ours = [m for m in manifests if m["kind"] not in kept]
        kubectl("delete", "--ignore-not-found", "-f", "-", stdin=yaml.safe_dump_all(ours))


def _images() -> dict[str, dict[str, str]]:
    return dict(yaml.safe_load(VALUES.read_text())["images"])


def _with_images(manifest: dict, local: dict[str, str]) -> dict:
    if manifest["kind"] == "Deployment":
        (container,) = manifest["spec"]["template"]["spec"]["containers"]
        container["image"] = local["operator"]
        for variable in container["env"]:
            part = variable["name"].removeprefix("LOADLAB_IMAGE_").lower()
            variable["value"] = local.get(part, variable.get("value"))
    return manifest


def test_a_pod_that_is_not_restricted_is_refused_in_the_operators_namespace(lab: Lab):
    with pytest.raises(RefusedError, match="violates PodSecurity"):
        kubectl("-n", SYSTEM, "run", "loose", "--image=none", "--privileged=false")
