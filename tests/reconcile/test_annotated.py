"""A mark that somebody puts on what was made is no edit, whatever admission made of it before."""

from collections.abc import Callable

import pytest

from loadlab.kube.api import Kind, Manifest
from tests.reconcile.laboratory import CHILD, Laboratory
from tests.reconcile.test_edited import RUN, STEWARD, container_of
from tests.reconcile.test_infrastructure import run_until_the_first_trial

REVISION = "deployment.kubernetes.io/revision"
IMAGE = "spec.template.spec.containers"


def rolled_out(deployment: Manifest) -> None:
    """What the Deployment's controller writes once its pods run the template."""
    deployment["metadata"]["annotations"][REVISION] = "1"
    generation = deployment["metadata"]["generation"]
    counts = {"replicas": 1, "updatedReplicas": 1}
    deployment["status"] = {"observedGeneration": generation} | counts


def annotate(deployment: Manifest) -> None:
    """Of a Deployment alone the API server counts a write of an annotation as one of the spec."""
    deployment["metadata"]["annotations"]["reloader.example.com/seen"] = "yes"
    deployment["metadata"]["generation"] += 1
    rolled_out(deployment)


async def made_by_admission(lab: Laboratory, name: str) -> Manifest:
    """A Deployment whose image is a mirror's, as a policy wrote it while it was created."""

    def mirrored(manifest: Manifest) -> None:
        if manifest["kind"] == "Deployment" and manifest["metadata"]["name"] == name:
            container_of(manifest["spec"])["image"] = "mirror/services:1"

    lab.cluster.refusal_of = mirrored
    await run_until_the_first_trial(lab)
    deployment = lab.cluster.objects[Kind.DEPLOYMENT, "lab", name]
    rolled_out(deployment)
    return deployment


def reasons(lab: Laboratory) -> list[str]:
    former = lab.trials()[f"{CHILD}-001"]["status"].get("formerAttempts", [])
    return [each["message"] for each in former]


@pytest.mark.parametrize("name", [RUN, STEWARD])
async def test_an_annotation_on_what_admission_changed_as_it_was_made_is_no_edit(name):
    """Whoever annotates Deployments was accused of another image, and each attempt was void."""
    lab = Laboratory()
    annotate(await made_by_admission(lab, name))

    assert (await lab.run())["phase"] == "Succeeded"
    assert reasons(lab) == []


def with_another_template(deployment: Manifest) -> None:
    rolled_out(deployment)
    deployment["metadata"]["annotations"][REVISION] = "2"


def not_seen_by_the_controller(deployment: Manifest) -> None:
    """It is younger than what the controller says of the first one."""
    rolled_out(deployment)
    deployment["status"]["observedGeneration"] -= 1


def with_pods_that_go_first(deployment: Manifest) -> None:
    """With the strategy Recreate there is no second revision before the last pod has gone."""
    rolled_out(deployment)
    del deployment["status"]["updatedReplicas"]


@pytest.mark.parametrize(
    "stage", [with_another_template, not_seen_by_the_controller, with_pods_that_go_first]
)
async def test_another_template_is_an_edit_at_every_stage_of_its_roll_out(
    stage: Callable[[Manifest], None],
) -> None:
    lab = Laboratory()
    deployment = await made_by_admission(lab, RUN)
    container_of(deployment["spec"])["image"] = "services:2"
    deployment["metadata"]["generation"] += 1
    stage(deployment)
    lab.cluster.refusal_of = lambda _: None

    assert (await lab.run())["phase"] == "Succeeded"
    said = f"somebody changed Deployment {RUN} ({IMAGE}[service].image) during the run"
    assert reasons(lab) == [said]


async def test_what_another_release_made_otherwise_is_no_edit():
    """Services have no generation, and are compared with what this release would make."""
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    for name in (RUN, STEWARD):
        lab.cluster.objects[Kind.SERVICE, "lab", name]["spec"]["ports"][0]["port"] = 8099
    lab.status()["fingerprint"] = "of another release"

    assert (await lab.run())["phase"] == "Failed"
    told = [each["message"] for each in lab.status()["conditions"]] + reasons(lab)
    assert lab.condition("Failed")["reason"] == "Superseded"
    assert not any("somebody changed" in each for each in told)
