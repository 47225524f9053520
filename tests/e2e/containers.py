"""Looks into containers and ends their processes by `kubectl exec`, on any cluster."""

import os
import time
from dataclasses import dataclass

from tests.e2e.cluster_tools import SYSTEM, eventually, get, kubectl
from tests.manifests import Json

TICKS = os.sysconf("SC_CLK_TCK")

LIST_PROCESSES = """
import os
from pathlib import Path
for folder in Path("/proc").glob("[0-9]*"):
    try:
        command = (folder / "cmdline").read_bytes().replace(b"\\0", b" ").decode()
        parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
    except OSError:  # it ended meanwhile
        continue
    if int(folder.name) != os.getpid():  # whose command holds this text
        print(folder.name, parent, command.replace("\\n", " "))
"""
# From within its own PID namespace a container's first process hears no SIGKILL
# (pid_namespaces(7)), but the kernel sends it one when it has used up its CPU time.
KILL_PROCESS = """
import os, resource, signal, sys
pid = int(sys.argv[1])
if pid == 1:
    resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))
else:
    os.kill(pid, signal.SIGKILL)
"""


@dataclass(frozen=True)
class Process:
    """A process by its ids in the container's own PID namespace."""

    pid: int
    parent: int
    command: str


@dataclass(frozen=True)
class Container:
    """A running container that is alone in its pod; `id` changes when it is started again."""

    namespace: str
    pod: str
    id: str

    def run(self, *command: str) -> str:
        return kubectl("-n", self.namespace, "exec", self.pod, "--", *command)

    def processes(self, command_part: str) -> list[Process]:
        """The processes with a text in their command, the first started first."""
        rows = [
            line.split(" ", 2) for line in self.run("python", "-c", LIST_PROCESSES).splitlines()
        ]
        found = [Process(int(pid), int(parent), command) for pid, parent, command in rows]
        return sorted((p for p in found if command_part in p.command), key=lambda p: p.pid)

    def kill(self, pid: int) -> None:
        """`kill -9`; the first process must have used a second of CPU time before."""
        self.run("python", "-c", KILL_PROCESS, str(pid))

    def resident_mebibytes(self) -> float:
        """Resident memory of the first process."""
        return self._status_mebibytes("VmRSS:")

    def peak_mebibytes(self) -> float:
        """The most that it ever was."""
        return self._status_mebibytes("VmHWM:")

    def _status_mebibytes(self, field: str) -> float:
        for line in self.run("cat", "/proc/1/status").splitlines():
            if line.startswith(field):
                return int(line.split()[1]) / 1024
        raise AssertionError(f"{self.pod} shows no {field}")

    def cpu_share(self, seconds: float) -> float:
        """CPU time of the first process over a while, in cores."""
        before, began = self._cpu()
        time.sleep(seconds)
        after, ended = self._cpu()
        return (after - before) / (ended - began)

    def _cpu(self) -> tuple[float, float]:
        """CPU seconds of the first process, and the moment of the reading."""
        fields = self.run("cat", "/proc/1/stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS, time.monotonic()

    def node_busy_cpus(self, seconds: float = 2.0) -> float:
        """How many of the node's CPUs were busy, whoever used them: /proc/stat is the node's."""
        before, began = self._busy()
        time.sleep(seconds)
        after, ended = self._busy()
        return (after - before) / (ended - began)

    def _busy(self) -> tuple[float, float]:
        user, nice, system, _, _, *interrupts = self.run("head", "-1", "/proc/stat").split()[1:9]
        busy = sum(map(int, (user, nice, system, *interrupts)))  # the last is stolen time
        return busy / TICKS, time.monotonic()


def operator() -> Container:
    """The operator's container."""
    return running(SYSTEM, "app.kubernetes.io/name=loadlab")


def running(namespace: str, label: str) -> Container:
    """The one running container with a label; waits a while for it."""
    what = f"a container with {label}"
    found: Container = eventually(lambda: find_running(namespace, label), 90, what)
    return found


def find_running(namespace: str, label: str) -> Container | None:
    """The running container of the one pod with a label that is not being deleted, if any."""
    pods = get("-n", namespace, "pods", "-l", label)["items"]
    found = [c for pod in pods if (c := _container(pod)) is not None]
    return found[0] if len(found) == 1 else None


def _container(pod: Json) -> Container | None:
    metadata, statuses = pod["metadata"], pod["status"].get("containerStatuses", [])
    if metadata.get("deletionTimestamp") or not statuses or "running" not in statuses[0]["state"]:
        return None
    identity = statuses[0]["containerID"].rpartition("/")[2]
    return Container(metadata["namespace"], metadata["name"], identity)
