"""The embedded cluster itself: up, repaired, used, down, and nothing left.

Takes the running cluster down, so it never shares a run with the other end-to-end tests.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadlab_cluster import daemons
from loadlab_cluster.build import embedded_builder
from loadlab_cluster.embedded import FIXED_PLACES, EmbeddedCluster
from loadlab_cluster.settings import load_settings

pytestmark = pytest.mark.e2e

SETTINGS = load_settings()
NAMESPACE = "lifecycle"
CONTAINER = {
    "name": "main",
    "image": "localhost/loadlab/services:dev",
    "imagePullPolicy": "IfNotPresent",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
}
KUBECTL = str(SETTINGS.program("kubectl"))
SLEEP = "import time; time.sleep(3600)"
LOOK_UP = "import socket; print(socket.gethostbyname('kubernetes.default.svc.cluster.local'))"
OWN_CPUS = "import os; print(sorted(os.sched_getaffinity(0)))"


def places_of_others() -> set[Path]:
    """What another containerd or kubelet of this machine has: there before our cluster was."""
    note = SETTINGS.state / "created.json"
    ours = set(json.loads(note.read_text())) if note.exists() else set()
    return {path for path in PLACES if path.exists() and str(path) not in ours}


PLACES = (*FIXED_PLACES, Path("/opt/containerd"))
FOREIGN = places_of_others()  # asked before a test has touched the cluster


def build_pod(name: str, *, cpu: str | None) -> dict[str, object]:
    resources = {"limits": {"cpu": cpu, "memory": "64Mi"}} if cpu else {}
    container = {**CONTAINER, "command": ["python", "-c", SLEEP], "resources": resources}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "volumes": [{"name": "tmp", "emptyDir": {"medium": "Memory"}}],
            "containers": [{**container, "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]}],
        },
    }


def kubectl(*words: str, text: str | None = None) -> str:
    command = [KUBECTL, *words]
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def apply(manifest: dict[str, object]) -> None:
    kubectl("apply", "-f", "-", text=json.dumps(manifest))


@pytest.fixture(scope="module")
def cluster() -> Iterator[EmbeddedCluster]:
    if os.geteuid() != 0:
        pytest.skip("the embedded cluster needs root")
    embedded = EmbeddedCluster(SETTINGS, embedded_builder(SETTINGS))
    was_up = embedded.is_ready()
    yield embedded
    if was_up:
        embedded.up()
    else:
        embedded.down()


@pytest.fixture(scope="module")
def pods(cluster: EmbeddedCluster) -> Iterator[None]:
    """Two pods in a namespace that enforces `restricted`: one owns a CPU, one does not."""
    cluster.up()
    cluster.images()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": NAMESPACE, "labels": labels}
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    kubectl("wait", "-n", NAMESPACE, "--for=create", "serviceaccount/default", "--timeout=30s")
    apply(build_pod("pinned", cpu="1"))
    apply(build_pod("shared", cpu=None))
    kubectl("wait", "-n", NAMESPACE, "--for=condition=Ready", "pod", "--all", "--timeout=60s")
    yield
    if cluster.is_ready():
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=60s")


def in_pod(name: str, code: str) -> str:
    return kubectl("exec", "-n", NAMESPACE, name, "--", "python", "-c", code).strip()


def await_pod(name: str, *, seconds: float = 15) -> None:
    """A kubelet that has just started needs a moment to learn of its pods."""
    command = [KUBECTL, "exec", "-n", NAMESPACE, name, "--", "python", "-V"]
    deadline = time.monotonic() + seconds
    while subprocess.run(command, capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, f"{name} does not answer any more"
        time.sleep(0.2)


@pytest.mark.usefixtures("pods")
def test_a_pod_finds_services_by_name() -> None:
    assert in_pod("shared", LOOK_UP) == "10.96.0.1"


@pytest.mark.skipif((os.cpu_count() or 1) != 2, reason="names the CPUs of a machine with two")
@pytest.mark.usefixtures("pods")
def test_a_guaranteed_pod_owns_its_cpu_and_the_rest_stays_away() -> None:
    assert in_pod("pinned", OWN_CPUS) == "[1]"
    assert in_pod("shared", OWN_CPUS) == "[0]"


@pytest.mark.usefixtures("pods")
def test_daemons_stay_away_from_the_cpus_that_pods_own(cluster: EmbeddedCluster) -> None:
    for name, pid in cluster.daemons().items():
        if name != "containerd" and (os.cpu_count() or 1) > 1:
            assert pid
            assert os.sched_getaffinity(pid) == {0}, name


@pytest.mark.usefixtures("pods")
def test_a_pod_that_is_not_restricted_is_refused() -> None:
    pod = build_pod("plain", cpu=None)
    pod["spec"] = {"containers": [{"name": "main", "image": CONTAINER["image"]}]}
    command = [KUBECTL, "apply", "-f", "-"]
    done = subprocess.run(
        command, input=json.dumps(pod), capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert 'violates PodSecurity "restricted' in done.stderr


@pytest.mark.usefixtures("pods")
def test_nothing_in_a_pod_reaches_the_outside() -> None:
    """A route would be enough for a load test to leave the machine; there is none."""
    routes = subprocess.run(
        ["ip", "-n", "loadlab", "route"], capture_output=True, text=True, check=True
    ).stdout

    devices = {line.split(" dev ")[1].split()[0] for line in routes.splitlines()}
    assert devices == {"sink", "loadlab-node", "cni0"}


@pytest.mark.usefixtures("pods")
def test_up_again_is_fast(cluster: EmbeddedCluster) -> None:
    started = time.monotonic()
    cluster.up()

    assert time.monotonic() - started <= 3.0


@pytest.mark.usefixtures("pods")
@pytest.mark.parametrize("name", ["kube-scheduler", "etcd", "kubelet"])
def test_up_brings_back_a_daemon_that_died(cluster: EmbeddedCluster, name: str) -> None:
    before = cluster.daemons()
    pid = before[name]
    assert pid
    daemons.kill([pid])
    cluster.up()

    after = cluster.daemons()
    assert cluster.is_ready()
    assert after[name] not in {None, pid}
    assert after["containerd"] == before["containerd"]
    await_pod("shared")


@pytest.mark.usefixtures("pods")
def test_down_with_running_pods_leaves_nothing(cluster: EmbeddedCluster) -> None:
    assert cluster.leftovers()
    cluster.down()

    assert cluster.leftovers() == []
    assert traces_on_the_machine() == []


def test_down_twice_is_no_error(cluster: EmbeddedCluster) -> None:
    cluster.down()
    cluster.down()

    assert cluster.leftovers() == []


def test_up_clears_away_what_a_crash_left(cluster: EmbeddedCluster) -> None:
    cluster.up()
    daemons.kill([pid for pid in cluster.daemons().values() if pid])
    cluster.up()

    assert cluster.is_ready()
    cluster.down()
    assert cluster.leftovers() == []


def test_the_images_are_still_there_after_down_and_up(cluster: EmbeddedCluster) -> None:
    cluster.up()

    assert "image localhost/loadlab/services:dev" in cluster.describe()


def traces_on_the_machine() -> list[str]:
    """Found by asking the machine, not the program under test."""
    commands = {
        "netns": ["ip", "netns"],
        "link": ["ip", "-o", "link"],
        "rule": ["iptables-save"],
        "mount": ["cat", "/proc/self/mountinfo"],
        # One that has ended and only waits for init to collect it is gone.
        "process": ["sh", "-c", "ps -eo stat,args | grep -v '^Z'"],
    }
    state = str(SETTINGS.state)
    general = ("loadlab-host", "loadlab-node", "cni", "KUBE-", state)
    found = []
    for kind, command in commands.items():
        # Docker has a containerd, too: ours, their shims and our kubelet name our folder.
        words = (state,) if kind == "process" else general
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found += [f"{kind}: {line}" for line in said.splitlines() if any(w in line for w in words)]
    cgroups = subprocess.run(
        ["find", "/sys/fs/cgroup", "-maxdepth", "3", "-name", "loadlab"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    places = [str(path) for path in PLACES if path.exists() and path not in FOREIGN]
    return found + cgroups + places
