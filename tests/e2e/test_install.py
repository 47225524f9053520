"""Every way of installing ends in a working operator; uninstalling leaves CRDs and results.

Each test starts without an operator; the other modules' tests find theirs again.
"""

import pytest
import yaml

from tests.e2e.chart import assert_operator_works, helm, wait_until_gone
from tests.e2e.cluster_tools import (
    CHART,
    REPOSITORY,
    SYSTEM,
    VALUES,
    Lab,
    RefusedError,
    kubectl,
    run,
)
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("installed_again")]


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
