"""A generator that ends without a result: each kind of end has its own reason and remedy."""

import pytest

from loadlab.base.names import COMPONENT_LABEL
from loadlab.kube.api import Kind, Manifest
from tests.manifests import Json
from tests.reconcile.laboratory import CHILD, Laboratory

SMALL: Json = {
    "replicates": 1,
    "variants": [{"name": "sync"}],
    "factors": {"virtualUsers": [3000]},
    "resources": {"k6": {"memory": "64Mi"}},
    "load": {"duration": "5s", "settling": "0s", "parallelism": 2},
    "retry": {"attempts": 2},
}
TRIAL = f"{CHILD}-001"
POD = f"{TRIAL}-a1-k6-0-pod"


def ended(**terminated: object) -> Manifest:
    return {
        "phase": "Failed",
        "containerStatuses": [{"name": "k6", "state": {"terminated": terminated}}],
    }


async def end_of(fault: Manifest, **spec: object) -> Laboratory:
    """Run an experiment whose generators end so in the first attempt; their Job has failed."""
    lab = Laboratory()
    lab.submit(**SMALL | spec)

    def fault_of(pod: Manifest) -> Manifest | None:
        labels = pod["metadata"]["labels"]
        is_first = labels[COMPONENT_LABEL] == "k6" and labels["loadlab.dev/run"].endswith("-a1")
        return fault if is_first else None

    lab.cluster.fault_of = fault_of
    while not lab.is_finished():
        await lab.step()
        job = lab.cluster.of_kind(Kind.JOB).get(f"{TRIAL}-a1-k6")
        pod = lab.cluster.of_kind(Kind.POD).get(POD)
        if job and pod and pod["status"]["phase"] == "Failed":
            job["status"] = {"conditions": [{"type": "Failed", "status": "True"}]}
    return lab


async def test_a_generator_out_of_memory_is_not_tried_again_and_the_remedy_has_figures():
    lab = await end_of(ended(reason="OOMKilled", exitCode=137))

    trial = lab.trials()[TRIAL]["status"]
    assert (trial["phase"], trial["attempt"], trial["reason"]) == ("Failed", 1, "OutOfMemory")
    said = lab.condition("Failed")["message"]
    assert lab.condition("Failed")["reason"] == "OutOfMemory"
    assert f"the k6 pod {POD} on node node-1 ran out of memory" in said
    assert "64Mi for 1,500 virtual users, which need about 739 MiB" in said
    assert "raise spec.resources.k6.memory or spec.load.parallelism" in said
    assert trial["evidence"][0]["reason"] == "OOMKilled"


async def test_a_generator_that_cannot_be_started_says_the_runtimes_words():
    words = "failed to write 9223372036854775807: cpu.max: invalid argument"
    lab = await end_of(ended(reason="StartError", exitCode=128, message=words))

    assert lab.condition("Failed")["reason"] == "CreationRefused"
    assert f"could not be started: {words}" in lab.condition("Failed")["message"]
    assert lab.trials()[TRIAL]["status"]["attempt"] == 1


@pytest.mark.parametrize(
    ("fault", "reason", "says"),
    [
        (
            {"phase": "Failed", "reason": "Evicted", "message": "low on memory"},
            "GeneratorLost",
            f"the k6 pod {POD} on node node-1 did not reach its end: Evicted: low on memory",
        ),
        (
            ended(reason="Error", exitCode=137),
            "NoResult",
            "137: killed, as the kernel does when memory runs out (spec.resources.k6.memory)",
        ),
    ],
    ids=["evicted", "killed"],
)
async def test_another_end_is_tried_again(fault, reason, says):
    lab = await end_of(fault)

    trial = lab.trials()[TRIAL]["status"]
    [former] = trial["formerAttempts"]
    assert former["reason"] == reason
    assert says in former["message"]
    assert trial["attempt"] == 2


SCRIPTED: Json = {
    "workload": "custom",
    "variants": [{"name": "mine", "image": "mine:1"}],
    "load": SMALL["load"] | {"script": {"configMap": {"name": "shop-load"}}},
}
SYNTAX = (
    "GoError: file:///own/script.js: Line 2:1 Unexpected end of input (and 4 more errors)\n"
    "\tat go.k6.io/k6/v2/internal/js.(*requireImpl).require-fm (native)\n"
    "\tat file:///scripts/own.js:24:20(19)\n\n"
)


@pytest.mark.parametrize("after", ["", 't-1 {"loadlab_result":{}}\n', '"counters":{}}}\n'])
async def test_a_script_that_cannot_be_loaded_ends_the_experiment_in_k6s_own_words(after):
    lab = await end_of(ended(reason="Error", exitCode=107, message=SYNTAX + after), **SCRIPTED)

    assert lab.trials()[TRIAL]["status"]["attempt"] == 1
    failed = lab.condition("Failed")
    assert failed["reason"] == "ScriptFailed"
    assert failed["message"].endswith(
        "load.script cannot be run: file:///own/script.js: Line 2:1 Unexpected end of input (and 4 "
        "more errors)"
    )


async def test_without_a_script_of_its_own_the_same_end_is_tried_again():
    lab = await end_of(ended(reason="Error", exitCode=107, message=SYNTAX))

    assert lab.trials()[TRIAL]["status"]["attempt"] == 2
