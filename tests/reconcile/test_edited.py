"""What was made and somebody edits is named, spoils the attempt, and is made anew."""

from collections.abc import Callable

import pytest

from loadlab.kube.api import Kind, Manifest
from tests.reconcile.fake_kubernetes import copied
from tests.reconcile.laboratory import CHILD, Laboratory
from tests.reconcile.test_infrastructure import run_until_the_first_trial

RUN = f"{CHILD}-001-a1"
POSTGRES, STEWARD = f"{CHILD}-postgres", f"{CHILD}-steward"
DATASET = (Kind.JOB, "lab", f"{CHILD}-dataset")
AT = "spec.template.spec.containers"
Change = Callable[[Manifest], None]


def edit(lab: Laboratory, kind: Kind, name: str, change: Change) -> None:
    """Write a spec as somebody else would: the API server counts how often, but of a Service."""
    item = lab.cluster.objects[kind, "lab", name]
    change(item["spec"])
    if "generation" in item["metadata"]:
        item["metadata"]["generation"] += 1


def container_of(spec: Manifest) -> Manifest:
    found: Manifest = spec["template"]["spec"]["containers"][0]
    return found


def other_pods(spec: Manifest) -> None:
    spec["selector"] = {"app": "shop"}


def fewer_pods(spec: Manifest) -> None:
    spec["selector"]["version"] = "2"


def other_port(spec: Manifest) -> None:
    spec["ports"][0]["targetPort"] = 8081


def no_port(spec: Manifest) -> None:
    del spec["ports"][0]


def elsewhere(spec: Manifest) -> None:
    spec |= {"type": "ExternalName", "externalName": "shop.example"}


def ready_pods_only(spec: Manifest) -> None:
    spec["publishNotReadyAddresses"] = False


def other_image(spec: Manifest) -> None:
    container_of(spec)["image"] = "services:2"


def other_arguments(spec: Manifest) -> None:
    container_of(spec)["args"] = ["postgres", "-c", "fsync=off"]


def other_environment(spec: Manifest) -> None:
    container_of(spec)["env"][0]["value"] = "another"


def more_environment(spec: Manifest) -> None:
    container_of(spec)["env"].append({"name": "PYTHONOPTIMIZE", "value": "2"})


def less_memory(spec: Manifest) -> None:
    resources = container_of(spec)["resources"]
    resources["limits"] = resources["limits"] | {"memory": "64Mi"}


def hook(spec: Manifest) -> None:
    container_of(spec)["lifecycle"] = {"postStart": {"exec": {"command": ["sleep", "9"]}}}


def sidecar(spec: Manifest) -> None:
    spec["template"]["spec"]["containers"].append({"name": "mesh", "image": "mesh:1"})


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        (Kind.SERVICE, other_pods, "spec.selector"),
        (Kind.SERVICE, fewer_pods, "spec.selector"),
        (Kind.SERVICE, other_port, "spec.ports"),
        (Kind.SERVICE, no_port, "spec.ports"),
        (Kind.SERVICE, elsewhere, "spec.externalName"),
        (Kind.SERVICE, ready_pods_only, "spec.publishNotReadyAddresses"),
        (Kind.DEPLOYMENT, other_image, f"{AT}[service].image"),
        (Kind.DEPLOYMENT, other_environment, f"{AT}[service].env[WORKLOAD].value"),
        (Kind.DEPLOYMENT, more_environment, f"{AT}[service].env"),
        (Kind.DEPLOYMENT, less_memory, f"{AT}[service].resources.limits.memory"),
        (Kind.DEPLOYMENT, hook, f"{AT}[service].lifecycle"),
        (Kind.DEPLOYMENT, sidecar, AT),
    ],
)
async def test_an_edit_of_what_serves_a_run_spoils_the_attempt_and_names_the_field(
    kind, change, field
):
    """The load went to other pods, and their figures were the variant's."""
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    edit(lab, kind, RUN, change)

    assert (await lab.run())["phase"] == "Succeeded"
    [former] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert former["reason"] == "ServiceChanged"
    assert former["message"] == f"somebody changed {kind.value.word} {RUN} ({field}) during the run"


@pytest.mark.parametrize(
    ("kind", "name", "change", "field", "is_filled_again"),
    [
        (Kind.SERVICE, POSTGRES, other_pods, "spec.selector", False),
        (Kind.SERVICE, STEWARD, other_port, "spec.ports", False),
        (Kind.STATEFUL_SET, POSTGRES, other_arguments, f"{AT}[postgres].args", True),
        (Kind.DEPLOYMENT, STEWARD, less_memory, f"{AT}[steward].resources.limits.memory", False),
    ],
)
async def test_an_edited_store_or_steward_is_made_anew_before_the_next_attempt(
    kind, name, change, field, is_filled_again
):
    """Later trials had another database than the first ones, and were compared with them."""
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    planned = copied(lab.cluster.objects[kind, "lab", name]["spec"])
    filled_by = lab.cluster.objects[DATASET]["metadata"]["uid"]
    edit(lab, kind, name, change)
    while f"{CHILD}-001-a2" not in lab.cluster.of_kind(Kind.DEPLOYMENT):
        await lab.step()

    assert lab.cluster.objects[kind, "lab", name]["spec"] == planned
    assert (lab.cluster.objects[DATASET]["metadata"]["uid"] != filled_by) is is_filled_again
    assert (await lab.run())["phase"] == "Succeeded"
    [former] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert former["reason"] == "InfrastructureLost"
    said = f"somebody changed {kind.value.word} {name} ({field}): it is made anew"
    assert former["message"] == said


async def test_what_is_edited_while_it_is_prepared_is_made_anew():
    lab = Laboratory()
    lab.submit()
    while (Kind.SERVICE, "lab", POSTGRES) not in lab.cluster.objects:
        await lab.step()
    edit(lab, Kind.SERVICE, POSTGRES, other_pods)

    assert (await lab.run())["phase"] == "Succeeded"
    assert lab.cluster.calls.count(f"delete SERVICE {POSTGRES}") >= 1
    assert not any(each["status"].get("formerAttempts") for each in lab.trials().values())


async def test_who_edits_it_again_and_again_ends_the_experiment_in_words():
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    for _ in range(60):
        if (Kind.SERVICE, "lab", POSTGRES) in lab.cluster.objects and not lab.is_finished():
            edit(lab, Kind.SERVICE, POSTGRES, other_pods)
        await lab.step()

    failed = lab.condition("Failed")
    assert failed["status"] == "True"
    assert f"somebody changed Service {POSTGRES} (spec.selector)" in failed["message"]


def as_admission_made_it(lab: Laboratory) -> None:
    """Before anybody saw it: another registry, and what the API server adds by default."""
    container_of(lab.cluster.objects[Kind.DEPLOYMENT, "lab", RUN]["spec"])["image"] = "mirror/x:1"
    service = lab.cluster.objects[Kind.SERVICE, "lab", RUN]["spec"]
    service |= {"clusterIP": "10.0.0.9", "sessionAffinity": "None", "type": "ClusterIP"}
    for port in service["ports"]:
        port |= {"targetPort": port["port"], "protocol": "TCP"}


def as_the_api_server_spells_it(lab: Laboratory) -> None:
    def change(spec: Manifest) -> None:
        spec |= {"revisionHistoryLimit": 10, "paused": False}
        spec["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "now"}
        spec["template"]["spec"] |= {"dnsPolicy": "ClusterFirst", "restartPolicy": "Always"}
        container_of(spec)["terminationMessagePath"] = "/dev/termination-log"
        container_of(spec)["resources"]["limits"]["memory"] = "1073741824"

    edit(lab, Kind.DEPLOYMENT, STEWARD, change)


def as_too_large_to_be_read(lab: Laboratory) -> None:
    lab.cluster.objects[Kind.SERVICE, "lab", RUN]["spec"] = {}


@pytest.mark.parametrize(
    "change", [as_admission_made_it, as_the_api_server_spells_it, as_too_large_to_be_read]
)
async def test_what_the_api_server_makes_of_it_is_no_edit(change):
    lab = Laboratory()
    lab.submit(replicates=1, resources={"steward": {"memory": "1024Mi"}})
    while (Kind.JOB, "lab", f"{RUN}-k6") not in lab.cluster.objects:
        await lab.step()
    change(lab)

    assert (await lab.run())["phase"] == "Succeeded"
    assert not lab.trials()[f"{CHILD}-001"]["status"].get("formerAttempts")


async def test_a_policy_that_somebody_deleted_is_made_anew_at_once_and_spoils_nothing():
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    place = (Kind.NETWORK_POLICY, "lab", f"{CHILD}-steward")
    planned = lab.cluster.objects.pop(place)["spec"]
    await lab.reconcile()
    again = lab.cluster.objects[place]["spec"]

    assert again == planned
    assert (await lab.run())["phase"] == "Succeeded"
    assert not lab.trials()[f"{CHILD}-001"]["status"].get("formerAttempts")


async def test_a_policy_that_somebody_edited_is_named_until_it_is_deleted():
    """It let nobody in, and the service had failed. The operator may not delete policies."""
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    edit(lab, Kind.NETWORK_POLICY, POSTGRES, lambda spec: spec.pop("ingress"))
    for _ in range(6):
        await lab.step()
    named = lab.condition("Stalled")["message"]
    waits = f"{CHILD}-001-a2" not in lab.cluster.of_kind(Kind.DEPLOYMENT)

    del lab.cluster.objects[Kind.NETWORK_POLICY, "lab", POSTGRES]

    said = f"somebody changed NetworkPolicy {POSTGRES} (spec.ingress): delete it"
    assert named == f"{said}, and it is made as it was"
    assert waits
    assert (await lab.run())["phase"] == "Succeeded"
    [former] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert former["message"].startswith(said)
    assert not any(call.startswith("delete NETWORK_POLICY") for call in lab.cluster.calls)


async def test_without_policies_none_is_looked_for():
    lab = Laboratory()
    lab.submit(network={"policies": False})

    assert (await lab.run())["phase"] == "Succeeded"
    assert "list NETWORK_POLICY" not in lab.cluster.calls


async def test_a_job_that_something_suspended_is_named_at_once_and_at_the_end():
    """Kueue suspends what is made, until its queue has room."""

    def queued(manifest: Manifest) -> None:
        if manifest["metadata"].get("name", "").endswith("-k6") and manifest["kind"] == "Job":
            manifest["spec"]["suspend"] = True

    lab = Laboratory()
    lab.cluster.refusal_of = queued
    lab.submit(replicates=1, timeouts={"ready": "10s"}, retry={"attempts": 1})
    while (Kind.JOB, "lab", f"{RUN}-k6") not in lab.cluster.objects:
        await lab.step()
    await lab.step()
    named = lab.condition("Stalled")
    await lab.run()

    said = f"Job {RUN}-k6 is suspended, and not by LoadLab"
    assert (named["reason"], said in named["message"]) == ("Suspended", True)
    assert said in lab.trials()[f"{CHILD}-001"]["status"]["message"]


async def test_the_passwords_cannot_be_edited():
    lab = Laboratory()
    await run_until_the_first_trial(lab)

    assert [secret["immutable"] for secret in lab.cluster.of_kind(Kind.SECRET).values()] == [True]
