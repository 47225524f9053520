"""A generator that is killed, starved, or prints rubbish: no figure, and the reason is told."""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster_tools import (
    SYSTEM,
    Lab,
    condition,
    eventually,
    install_loadlab,
    kubectl,
    run,
)
from tests.manifests import Json

pytestmark = pytest.mark.truth

TOOLS = ("wrk", "hey", "locust")  # within the pod of a driver
PATIENCE = 120
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "replicates": 1,
    "placement": {"serviceCpu": "Shared"},
}
PATH = "/reference?delay_ms=5"
# Whatever the driver started; it is the first process, and this one is not its child.
KILL = """
import os, signal
def parent(number):
    return int(open(f'/proc/{number}/stat').read().rpartition(')')[2].split()[1])
numbers = [int(each) for each in os.listdir('/proc') if each.isdigit()]
children = [number for number in numbers if parent(number) == 1]
for number in children:
    os.kill(number, signal.SIGKILL)
print(len(children))
"""
RUBBISH = """#!/bin/sh
sleep 3
head -c 200000 /dev/urandom
echo
echo '{"loadlab_result": {"version": 1, "scenarios": {"measure": {"requests": 99999}}}}'
echo 'Requests/sec: 99999'
"""


@pytest.mark.parametrize("tool", ["k6", *TOOLS])
def test_a_killed_one_is_repeated_and_is_in_no_figure(lab: Lab, measured, tool: str):
    submit(lab, "killed", tool, duration="5s")
    pod = pod_under_load(lab, "killed")
    if tool == "k6":  # whose image has no shell
        lab.kubectl("delete", "pod", pod, "--force", "--grace-period=0")
    else:
        killed = lab.kubectl("exec", pod, "--", "python", "-c", KILL)
        assert int(killed) >= 1
    status = lab.wait("killed", PATIENCE)

    (trial,) = lab.trials("killed").values()
    (row,) = status["results"]
    measured(18, f"{tool}: attempt {trial['status']['attempt']}, {status['trials']}")
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert trial["status"]["attempt"] == 2
    # Of an attempt of 5 s alone, not of what was made before it.
    assert row["requests"] == pytest.approx(5 * row["requestsPerSecond"]["mean"], rel=0.1)


@pytest.mark.parametrize("tool", ["k6", *TOOLS])
def test_a_starved_one_is_void(lab: Lab, measured, tool: str):
    submit(lab, "starved", tool, resources={"k6": {"cpu": "30m"}}, retry={"attempts": 2})
    status = lab.wait("starved", PATIENCE)

    (trial,) = (each["status"] for each in lab.trials("starved").values())
    measured(19, f"{tool}: {status['phase']}, {trial['phase']} {trial['message']}")
    assert trial["phase"] == "Invalid"
    assert re.search("throttled for|waited for CPUs for", trial["message"])
    assert [row for row in status["results"] if row["requests"]] == []


@pytest.fixture
def rubbish(installed: None, tmp_path: Path) -> Iterator[None]:
    """The operator with an image of generators that prints noise and ends well."""
    (tmp_path / "noise").write_text(RUBBISH)
    (tmp_path / "noise").chmod(0o755)
    lines = ["FROM debian:12-slim", "COPY noise /noise", "USER 10001", 'ENTRYPOINT ["/noise"]']
    (tmp_path / "Dockerfile").write_text("\n".join(lines) + "\n")
    run(sys.executable, "-m", "loadlab_cluster", "image", tmp_path, "noise", timeout=300)
    deployment = ("-n", SYSTEM, "deployment/loadlab")
    kubectl("set", "env", *deployment, "LOADLAB_IMAGE_GENERATORS=localhost/noise:dev")
    kubectl("rollout", "status", *deployment, "--timeout=90s")
    yield
    kubectl("set", "env", *deployment, "LOADLAB_IMAGE_GENERATORS=localhost/loadlab/generators:dev")
    kubectl("rollout", "status", *deployment, "--timeout=90s")
    install_loadlab()


@pytest.mark.parametrize("tool", ["wrk", "hey"])
def test_rubbish_is_no_figure(rubbish: None, lab: Lab, measured, tool: str):
    submit(lab, "rubbish", tool, retry={"attempts": 2})
    status = lab.wait("rubbish", PATIENCE)

    failed = condition(status, "Failed")
    measured(20, f"{tool}: {status['phase']}, {failed.get('reason')}: {failed.get('message')}")
    assert status["phase"] == "Failed"
    assert [row for row in status.get("results", []) if row["requests"]] == []


def submit(lab: Lab, name: str, tool: str, duration: str = "3s", **spec: Json) -> None:
    lab.delete(name)
    request = {"method": "POST", "path": PATH}
    load = {"generator": tool, "warmup": "2s", "duration": duration, "request": request}
    lab.submit(name, **SPEC, factors={"virtualUsers": [16]}, load=load, **spec)


def pod_under_load(lab: Lab, name: str) -> str:
    """The pod of the generator, once it measures."""
    selector = f"loadlab.dev/experiment={name},loadlab.dev/component=k6"
    found = eventually(
        lambda: lab.kubectl(
            "get", "pods", "-l", selector, "-o", "jsonpath={.items[0].metadata.name}"
        ),
        60,
        "the generator's pod",
        0.2,
    )
    pod = str(found)
    eventually(lambda: "loadlab_snapshot" in lab.kubectl("logs", pod), 60, f"{pod} loads", 0.2)
    time.sleep(1)
    return pod
