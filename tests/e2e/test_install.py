"""Every way of installing ends in a working operator; uninstalling leaves CRDs and results.

Each test starts without an operator; the other modules' tests find theirs again.
"""

from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.cluster_tools import (
    CHART,
    REPOSITORY,
    SYSTEM,
    VALUES,
    Lab,
    RefusedError,
    condition,
    eventually,
    find_program,
    install_loadlab,
    kubectl,
    run,
)
from tests.manifests import Json

pytestmark = pytest.mark.e2e
QUICK = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [5], "virtualUsers": [4]},
    "replicates": 1,
    "load": {"duration": "2s", "warmup": "0s"},
}


@pytest.fixture(scope="module", autouse=True)
def _installed_again(installed: None) -> Iterator[None]:
    yield
    install_loadlab()


@pytest.fixture
def without_operator(lab: Lab) -> None:
    """An operator that `make install` or another test left is uninstalled."""
    run(helm(4), "uninstall", "loadlab", "-n", SYSTEM, "--ignore-not-found", "--wait")
    wait_until_gone()


def helm(major: int) -> str:
    program = f"helm{major}"
    if find_program(program) is None:
        pytest.skip(f"{program} is neither in .state/bin nor in PATH")
    return program


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
    eventually(lambda: not everything_of_ours(), 40, f"nothing left of {everything_of_ours()}")


@pytest.mark.usefixtures("without_operator")
@pytest.mark.parametrize("major", [3, 4])
def test_helm_installs_and_uninstalls(lab: Lab, major):
    name, program = f"by-helm{major}", helm(major)
    options = ["-n", SYSTEM, "-f", str(VALUES), "--wait", "--timeout", "2m"]
    run(program, "install", "loadlab", CHART, *options, timeout=150)

    assert_operator_works(lab, name)
    run(program, "test", "loadlab", "-n", SYSTEM, "--timeout", "90s")
    run(program, "uninstall", "loadlab", "-n", SYSTEM, "--wait")

    wait_until_gone()
    assert lab.status(name)["phase"] == "Succeeded"  # CRDs and results stay


@pytest.mark.usefixtures("without_operator")
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


def _with_images(manifest: Json, local: dict[str, str]) -> Json:
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
