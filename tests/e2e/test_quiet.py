"""A neighbour on the same CPUs: no figure of a run beside it is used, and the status says so."""

import subprocess
from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.cluster_tools import (
    ENVIRONMENT,
    Lab,
    condition,
    eventually,
    find_program,
)
from tests.e2e.mesh import services_image
from tests.e2e.premises import QuietNode
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]

SECONDS = 3  # of a measurement
BUSY = f"import time\nend = time.monotonic() + {SECONDS + 2}\nwhile time.monotonic() < end: pass"
SPOILED = (2, 4)  # trials that have a neighbour in their first attempt
BOUND = 0.3  # CPU, as by default
SPEC: Json = {
    "workload": "select",
    "variants": [{"name": "asyncpg"}],
    "factors": {"virtualUsers": [2], "poolSize": [2]},
    "replicates": 5,
    "load": {"duration": f"{SECONDS}s", "warmup": "1s", "request": {"thinkTime": "5ms"}},
    "postgres": {"scale": 0.001},
    "placement": {"foreignCpu": f"{BOUND:g}"},
    "retry": {"attempts": 3},
}


@pytest.fixture
def neighbour(lab: Lab) -> Iterator[str]:
    """A pod that sleeps until it is told to compute."""
    container = {
        "name": "neighbour",
        "image": services_image(),
        "command": ["python", "-c", "import time; time.sleep(600)"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "neighbour"},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }
    lab.kubectl("delete", "pod", "neighbour", "--now", "--ignore-not-found")
    lab.kubectl("create", "-f", "-", stdin=yaml.safe_dump(pod))
    lab.kubectl("wait", "--for=condition=Ready", "pod/neighbour", "--timeout=60s")
    yield "neighbour"
    lab.kubectl("delete", "pod", "neighbour", "--now")


def test_no_figure_of_a_run_beside_a_neighbour_is_used(lab: Lab, neighbour: str):
    lab.delete("quiet")
    node = QuietNode()
    node.require()  # beside others each trial waits for them and is void, as it should be
    lab.submit("quiet", **SPEC)
    for position in SPOILED:
        _await_load(lab, position)
        _compute(lab, neighbour)
    status = lab.wait("quiet", 150)

    trials = {t["spec"]["position"]: t["status"] for t in lab.trials("quiet").values()}
    for position, trial in sorted(trials.items()):
        former = [f"{a['reason']}: {a['message'][:120]}" for a in trial.get("formerAttempts", ())]
        print(
            position, trial["reason"], trial.get("foreignCpu"), trial["requestsPerSecond"], former
        )
    quiet = condition(status, "Quiet")
    print(quiet["status"], quiet["reason"], quiet["message"], status["verdict"])
    for position in SPOILED:
        first = trials[position]["formerAttempts"][0]
        assert first["reason"] == "ForeignCpu", first
    used = [trial for trial in trials.values() if trial["reason"] == "TrialFinished"]
    assert all(trial["foreignCpu"] < BOUND for trial in used)
    (row,) = status["results"]
    assert row["replicates"]["valid"] == len(used)
    assert (quiet["status"], quiet["reason"]) == ("False", "NotQuiet")
    assert "others used" in quiet["message"]
    assert status["verdict"] != "Passed"
    lab.delete("quiet")
    node.require()
    assert len(used) >= SPEC["replicates"] - 1  # the first is beside all that a start brings


def _await_load(lab: Lab, position: int) -> None:
    """Wait until the generator of a trial's first attempt says that its users are at work.

    Its log is followed: to ask for it again and again would be the very noise that is looked for.
    """
    trial = eventually(lambda: _trial_name(lab, position), 30, "the trial's name", every=2)
    pods = f"loadlab.dev/run={trial}-a1,loadlab.dev/component=k6"
    lab.kubectl("wait", "--for=create", "pod", "-l", pods, "--timeout=60s")
    lab.kubectl("wait", "--for=condition=Ready", "pod", "-l", pods, "--timeout=60s")
    command = [kubectl_path(), "-n", lab.namespace, "logs", "--follow", "-l", pods]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as log:
        assert log.stdout
        assert any('"phase":"warm-up"' in line for line in log.stdout), "no load"
        log.terminate()


def _trial_name(lab: Lab, position: int) -> str:
    """The name of the trial at a position, made of that of any other."""
    names = sorted(lab.trials("quiet"))
    return f"{names[0].rpartition('-')[0]}-{position:03d}" if names else ""


def kubectl_path() -> str:
    found = find_program("kubectl")
    assert found
    return found


def _compute(lab: Lab, pod: str) -> None:
    """Let a pod use one CPU for the rest of a measurement."""
    command = [kubectl_path(), "-n", lab.namespace, "exec", pod, "--", "python", "-c", BUSY]
    subprocess.run(command, env=ENVIRONMENT, check=True, timeout=60)
