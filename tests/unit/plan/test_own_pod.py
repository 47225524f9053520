"""What a variant says of its pods stands in them, beside what is ours."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from loadlab.base.names import COMPONENT_LABEL, RUN_LABEL
from loadlab.plan import PlanError, make_plan
from loadlab.plan.pods import LEFT_BY_AUTOSCALERS
from tests.manifests import Json

MINE: Json = {"name": "mine", "image": "mine:1"}
ASKED: Json = {"workload": "custom", "load": {"request": {"path": "/"}}}


def template_of(experiment, images, **variant: object) -> Json:
    plan = make_plan(experiment(**ASKED, variants=[MINE | variant]), images)
    found: Json = plan.run_manifests(plan.trials[0], attempt=1)[1]["spec"]["template"]
    return found


def test_an_account_is_used_without_its_token_unless_it_is_asked_for(experiment, images):
    pods = [
        template_of(experiment, images, serviceAccountName="shop", **more)["spec"]
        for more in ({}, {"automountServiceAccountToken": True})
    ]

    assert [pod["serviceAccountName"] for pod in pods] == ["shop", "shop"]
    assert [pod["automountServiceAccountToken"] for pod in pods] == [False, True]


def test_without_an_account_nothing_is_said_of_one(experiment, images):
    pod = template_of(experiment, images)["spec"]

    assert "serviceAccountName" not in pod
    assert pod["automountServiceAccountToken"] is False


def test_pull_secrets_of_both_sides_are_tried(experiment, images):
    ours = replace(images, pull_secrets=("ours", "both"))
    given = [{"name": "theirs"}, {"name": "both"}]

    pod = template_of(experiment, ours, imagePullSecrets=given)["spec"]

    assert [one["name"] for one in pod["imagePullSecrets"]] == ["theirs", "both", "ours"]


def test_marks_stand_beside_ours_and_select_nothing(experiment, images):
    plan = make_plan(
        experiment(
            **ASKED,
            variants=[MINE | {"podLabels": {"team": "shop"}, "podAnnotations": {"a/b": "x"}}],
        ),
        images,
    )
    service, deployment, _ = plan.run_manifests(plan.trials[0], attempt=1)
    template = deployment["spec"]["template"]["metadata"]

    assert template["labels"]["team"] == "shop"
    assert RUN_LABEL in template["labels"]
    assert template["annotations"].items() > {"a/b": "x"}.items()
    assert "team" not in service["spec"]["selector"]
    assert "team" not in deployment["spec"]["selector"]["matchLabels"]


def test_no_autoscaler_empties_a_node_under_a_trial_unless_it_may(experiment, images):
    """Karpenter and the Cluster Autoscaler end pods to save a node: the trial would be void."""
    may = {"karpenter.sh/do-not-disrupt": "false"}
    plan = make_plan(experiment(**ASKED, variants=[MINE | {"podAnnotations": may}]), images)
    everything = [*plan.lasting_manifests(), *plan.run_manifests(plan.trials[0], attempt=1)]
    templates = {
        each["metadata"]["labels"][COMPONENT_LABEL]: each["spec"]["template"]["metadata"]
        for each in everything
        if "template" in each.get("spec", {})
    }

    kept = {name: template["annotations"] for name, template in templates.items()}
    assert kept.pop("service") == LEFT_BY_AUTOSCALERS | may
    assert kept == {"k6": LEFT_BY_AUTOSCALERS, "steward": LEFT_BY_AUTOSCALERS}


@pytest.mark.parametrize("field", ["podLabels", "podAnnotations"])
@pytest.mark.parametrize(
    "key",
    [
        "loadlab.dev/run", "app.kubernetes.io/name", "kubernetes.io/x", "x.k8s.io/y", "a b", "",
        "container.apparmor.security.beta.kubernetes.io/service",
    ],
)  # fmt: skip
def test_a_mark_of_ours_or_of_kubernetes_is_refused_by_name(field, key, experiment, images):
    with pytest.raises(PlanError, match=f"variants mine: {field}: '{key[:39]}.* is"):
        template_of(experiment, images, **{field: {key: "x"}})


@pytest.mark.parametrize("key", ["team", "mykubernetes.io/x", "sidecar.istio.io/inject"])
def test_other_marks_are_the_users(key, experiment, images):
    assert template_of(experiment, images, podAnnotations={key: "x"})


def test_no_pod_has_the_token_of_the_default_account(experiment):
    with pytest.raises(ValidationError, match="goes with serviceAccountName"):
        experiment(**ASKED, variants=[MINE | {"automountServiceAccountToken": True}])
