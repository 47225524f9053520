"""manifests/install.yaml as it is: valid, restricted, least privilege. Needs no Helm."""

import kubernetes_validate
import pytest

from loadlab import __version__
from loadlab.controller.settings import from_environment
from tests.manifests import Json

BUILT_IN = "v1", "apps/v1", "rbac.authorization.k8s.io/v1"


def of_kind(objects: list[Json], kind: str) -> list[Json]:
    return [item for item in objects if item["kind"] == kind]


def test_objects_are_valid(installed):
    checked = [item for item in installed if item["apiVersion"] in BUILT_IN]

    assert len(checked) >= 6
    for item in checked:
        kubernetes_validate.validate(item, "1.34", strict=True)


def test_namespace_comes_first_and_enforces_restricted(installed):
    namespace = installed[0]

    assert namespace["kind"] == "Namespace"
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_all_namespaced_objects_are_in_it(installed):
    namespaced = [o for o in installed if o["kind"] in {"ServiceAccount", "Deployment"}]

    assert {o["metadata"]["namespace"] for o in namespaced} == {installed[0]["metadata"]["name"]}


def test_nothing_claims_to_be_of_helm(installed):
    labels = {k: v for o in installed for k, v in o["metadata"].get("labels", {}).items()}

    assert "helm.sh/chart" not in labels
    assert "app.kubernetes.io/managed-by" not in labels
    assert not any(
        "helm.sh" in key for o in installed for key in o["metadata"].get("annotations", {})
    )


@pytest.mark.parametrize("part", ["apiGroups", "resources", "verbs"])
def test_no_role_has_a_wildcard(installed, part):
    roles = of_kind(installed, "ClusterRole")

    assert len(roles) == 3
    assert [r for role in roles for r in role["rules"] if "*" in "".join(r[part])] == []


def test_a_secret_can_be_created_and_neither_read_nor_deleted(installed):
    verbs = {
        verb
        for role in of_kind(installed, "ClusterRole")
        for rule in role["rules"]
        if "secrets" in rule["resources"]
        for verb in rule["verbs"]
    }

    assert verbs == {"create"}


def test_users_may_write_experiments_and_only_read_trials(installed):
    view, edit = (
        next(r for r in of_kind(installed, "ClusterRole") if r["metadata"]["name"] == name)
        for name in ("loadlab-view", "loadlab-edit")
    )

    assert {v for rule in view["rules"] for v in rule["verbs"]} == {"get", "list", "watch"}
    assert {r for rule in edit["rules"] for r in rule["resources"]} == {"loadexperiments"}
    assert aggregated(view) == {"view", "edit", "admin"}
    assert aggregated(edit) == set()


def aggregated(role: Json) -> set[str]:
    """The roles of Kubernetes' own that this one is part of, by its labels."""
    labels = role["metadata"]["labels"]
    return {name.rpartition("-to-")[2] for name in labels if "/aggregate-to-" in name}


def test_one_operator_at_a_time(installed):
    (deployment,) = of_kind(installed, "Deployment")

    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_operator_asks_for_no_cpu_and_is_bounded_in_memory(installed):
    (deployment,) = of_kind(installed, "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]

    assert container["resources"]["requests"]["cpu"] == "0"
    assert container["resources"]["limits"] == {"memory": "256Mi"}


def test_settings_of_the_deployment_are_the_defaults_of_the_operator(installed):
    (deployment,) = of_kind(installed, "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    environment = {each["name"]: each["value"] for each in container["env"] if "value" in each}

    assert from_environment(environment) == from_environment({})
    assert container["image"] == f"loadlab/operator:{__version__}"
    (port,) = container["ports"]
    assert environment["LOADLAB_HEALTH_PORT"] == str(port["containerPort"])
