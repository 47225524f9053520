"""Test 1 on a real node: the operator dies at ten random moments, alone or with its pod."""

import random
import time
from collections.abc import Iterator
from itertools import count

import pytest

from tests.e2e.cluster_tools import (
    SYSTEM,
    Lab,
    RefusedError,
    eventually,
    install_loadlab,
    kubectl,
)
from tests.e2e.conftest import ensure_namespace
from tests.e2e.containers import Container, find_running, operator
from tests.manifests import Json

pytestmark = pytest.mark.reliability
NAMESPACE = "loadlab-kills"
OPERATOR = "app.kubernetes.io/name=loadlab"
KILLS = 10
SECONDS = 300  # in which they are done
SIX_TRIALS: Json = {  # with two stores, a queue and its worker
    "workload": "ingest",
    "variants": [{"name": "pooled"}, {"name": "queued"}],
    "factors": {"rate": [20]},
    "replicates": 3,
    "load": {
        "executor": "constant-arrival-rate",
        "duration": "2s",
        "warmup": "0s",
        "settling": "0s",
    },
}


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A namespace of this test's own on the cluster, with this checkout's operator."""
    install_loadlab()
    ensure_namespace(NAMESPACE)
    yield Lab(NAMESPACE)
    kubectl("delete", "namespace", NAMESPACE, "--wait", timeout=120)


def test_ten_deaths_at_random_moments_change_nothing(lab: Lab, measured):
    lab.submit("calm", **SIX_TRIALS)
    lab.wait("calm", 180)
    calm, drawn, deaths = outcome(lab, "calm"), random.Random(13), list[str]()
    lab.delete("calm")
    began, shaken = time.monotonic(), list[str]()
    for number in count():
        name = f"shaken-{number}"
        lab.submit(name, **SIX_TRIALS)
        shaken.append(name)
        while len(deaths) < KILLS and not is_over(lab, name):
            took = time.monotonic() - began
            assert took < SECONDS, f"{len(deaths)} of {KILLS} deaths within {SECONDS} s"
            time.sleep(drawn.uniform(0.5, 8))
            deaths.append(end_operator(with_pod=len(deaths) % 2 == 1))
        lab.wait(name, 180)
        if len(deaths) == KILLS:
            break

    found = {name: outcome(lab, name) for name in shaken}
    wrong = {name: difference(calm, each) for name, each in found.items() if each != calm}
    measured(
        1,
        f"on a real node: {len(deaths)} deaths at random moments; {len(shaken) - len(wrong)} of "
        f"{len(shaken)} experiments of six trials in the undisturbed state",
    )
    assert wrong == {}


def end_operator(*, with_pod: bool) -> str:
    """Kill the operator's process, or its pod; return which container died.

    A process that is killed is started again at once, but only the first time: so every second
    death takes the pod with it, whose successor has to wait for the Lease.
    """
    victim = operator()
    if with_pod:
        kubectl("-n", SYSTEM, "delete", "pod", victim.pod, "--force", "--grace-period=0")
    else:
        kill_process(victim)

    def is_back() -> bool:
        found = find_running(SYSTEM, OPERATOR)
        return found is not None and found.id != victim.id

    eventually(is_back, 60, "another container of the operator")
    return victim.id


def kill_process(victim: Container) -> None:
    (process,) = victim.processes("-m loadlab")
    try:
        victim.kill(process.pid)
    except RefusedError as error:
        if "exit code 137" not in str(error):  # what asks for it dies with the container
            raise


def is_over(lab: Lab, name: str) -> bool:
    return "completionTime" in lab.status(name)


def outcome(lab: Lab, name: str) -> Json:
    """What must be the same however often the operator died: all that was not measured."""
    status, trials = lab.status(name), lab.trials(name).values()
    accounts = status["durability"]
    return {
        "phase": status["phase"],
        "verdict": status["verdict"],
        "progress": status["progress"],
        "rows": [(row["cell"], row["replicates"]) for row in status["results"]],
        "lost, doubled": (accounts["lost"], accounts["duplicates"]),
        "trials": sorted((each["spec"]["position"], each["status"]["phase"]) for each in trials),
        "lost": sorted(reason for each in trials for reason in lost_attempts(each)),
        "leftovers": lab.leftovers(name),
    }


def lost_attempts(trial: Json) -> list[str]:
    """Why attempts were repeated, without those that a busy machine has spoiled."""
    spoiled = {"ResultInvalid", "ForeignCpu"}
    former = trial["status"].get("formerAttempts", [])
    return [each["reason"] for each in former if each["reason"] not in spoiled]


def difference(calm: Json, found: Json) -> list[str]:
    return [
        f"{key}: {found[key]}, undisturbed {calm[key]}" for key in calm if found[key] != calm[key]
    ]
