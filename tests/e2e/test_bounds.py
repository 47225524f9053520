"""Whatever tenants do, the operator stays small and answers its probes at once.

A program beside the operator's in its container asks for /healthz all the time, and reads how much
memory the operator holds.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import yaml

from tests.e2e.cluster_tools import (
    ENVIRONMENT,
    SYSTEM,
    VALUES,
    Lab,
    condition,
    eventually,
    find_program,
    get,
    kubectl,
)
from tests.e2e.containers import operator
from tests.largest_spec import THOUSAND_CELLS
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.anywhere]

MOST_MIB = 150
MOST_SECONDS = 1.0
WATCH = """
import json, sys, threading, time, urllib.request
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
slowest = memory = answers = 0
while not ended.is_set():
    began = time.monotonic()
    try:
        with urllib.request.urlopen("http://127.0.0.1:8080/healthz", timeout=30) as answer:
            answers += answer.status == 200
            slowest = max(slowest, time.monotonic() - began)
    except OSError:  # it is being started
        pass
    try:
        lines = open("/proc/1/status").read().splitlines()
    except OSError:
        continue
    memory = max([memory, *(int(l.split()[1]) / 1024 for l in lines if l.startswith("VmHWM:"))])
    time.sleep(0.05)
print(json.dumps({"answers": answers, "slowest": slowest, "peakMiB": memory}))
"""
LARGEST = THOUSAND_CELLS | {"maxTrials": 1000, "replicates": 1, "suspend": True}
BIG, BIG_COUNT = 1_000_000, 20  # characters of a spec
SERVICES = yaml.safe_load(VALUES.read_text())["images"]["services"]
# A result line without an end, 60 MB long; then it stays, as a generator would.
HOSTILE = """
import os, time
os.write(1, b'{"loadlab_result":')
for _ in range(1000):
    os.write(1, b"x" * 60_000)
time.sleep(600)
"""


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """Watch the operator while the block runs; the figures are there after it."""
    figures: dict[str, float] = {}
    container, program = operator(), find_program("kubectl") or "kubectl"
    command = [program, "-n", SYSTEM, "exec", "-i", container.pod, "--", "python", "-c", WATCH]
    watching = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    try:
        yield figures
    finally:
        output, _ = watching.communicate("", timeout=60)
        figures |= json.loads(output)
        figures["restarts"] = _restarts()


def test_a_log_without_an_end_takes_no_memory(lab: Lab):
    lab.kubectl("delete", "pod", "hostile", "--ignore-not-found", "--grace-period=1")
    with watched() as figures:
        lab.kubectl("apply", "-f", "-", stdin=json.dumps(_hostile_pod()))
        eventually(lambda: _phase(lab, "hostile") == "Running", 60, "the pod at work")
        time.sleep(10)
        lab.kubectl("delete", "pod", "hostile", "--grace-period=1")

    _hold(figures, "a result line of 60 MB")


def test_the_largest_plan_is_made_beside_the_probes(lab: Lab):
    with watched() as figures:
        started = time.monotonic()
        lab.submit("largest", **LARGEST)
        eventually(lambda: _is_accepted(lab, "largest"), 30, "an answer", every=0.2)
        seconds = time.monotonic() - started
    lab.delete("largest")

    _hold(figures, f"1,000 cells with 20 expectations, accepted after {seconds:.1f} s")


def test_experiments_of_a_megabyte_are_held_by_nobody(lab: Lab):
    """They are there when the operator starts, and one that is not suspended comes to them."""
    texts = [json.dumps(_big(number)) for number in range(BIG_COUNT)]
    for first in range(0, BIG_COUNT, 10):
        documents = "\n---\n".join(texts[first : first + 10])
        lab.kubectl("create", "--validate=false", "-f", "-", stdin=documents)
    kubectl(
        "-n", SYSTEM, "rollout", "restart", "deployment", "-l", "app.kubernetes.io/name=loadlab"
    )
    kubectl("-n", SYSTEM, "rollout", "status", "deployment", "-l", "app.kubernetes.io/name=loadlab")
    with watched() as figures:
        eventually(lambda: _accepted(lab) == BIG_COUNT, 60, "all accepted")
        lab.submit("another", workload="sleep", variants=[{"name": "async"}], terminate=True)
        lab.wait("another", 60)
        time.sleep(2)
    lab.kubectl("delete", "loadexperiments", "--all", "--wait")

    _hold(figures, f"{BIG_COUNT} experiments of {BIG / 1e6:.1f} MB")


def _hold(figures: dict[str, float], what: str) -> None:
    print(
        f"{what}: {figures['peakMiB']:.0f} MiB at the peak, /healthz within "
        f"{figures['slowest']:.2f} s, {figures['answers']:.0f} times"
    )
    assert figures["answers"] > 3  # a plan is accepted within 2 s on a machine at rest
    assert figures["slowest"] <= MOST_SECONDS
    assert figures["peakMiB"] <= MOST_MIB
    assert figures["restarts"] == 0


def _restarts() -> int:
    pods = get("-n", SYSTEM, "pods", "-l", "app.kubernetes.io/name=loadlab")["items"]
    return max(int(s["restartCount"]) for pod in pods for s in pod["status"]["containerStatuses"])


def _phase(lab: Lab, pod: str) -> str:
    return str(get("-n", lab.namespace, "pod", pod)["status"]["phase"])


def _is_accepted(lab: Lab, name: str) -> bool:
    return condition(lab.status(name), "Accepted").get("status") == "True"


def _accepted(lab: Lab) -> int:
    path = "jsonpath={range .items[*]}{.status.conditions[?(@.type=='Accepted')].status} {end}"
    return (
        lab.kubectl("get", "loadexperiments", "--chunk-size=10", "-o", path).split().count("True")
    )


def _big(number: int) -> Json:
    words = [{"name": f"v-{v}", "image": "x:1", "command": ["x" * 2000] * 50} for v in range(10)]
    return {
        "apiVersion": "loadlab.dev/v1alpha1",
        "kind": "LoadExperiment",
        "metadata": {"name": f"big-{number:03d}"},
        "spec": {
            "workload": "custom",
            "variants": words,
            "load": {"request": {"path": "/"}},
            "suspend": True,
        },
    }


def _hostile_pod() -> Json:
    """It bears the labels of a generator, of an experiment that there never was."""
    restricted = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "hostile",
            "labels": {
                "app.kubernetes.io/managed-by": "loadlab",
                "loadlab.dev/experiment": "nobodys",
                "loadlab.dev/component": "k6",
            },
        },
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": "k6",
                    "image": f"{SERVICES['repository']}:{SERVICES['tag']}",
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["python", "-c", HOSTILE],
                    "securityContext": restricted,
                }
            ],
        },
    }
