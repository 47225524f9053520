"""What the end-to-end tests do to the cluster: kubectl, waiting, and looking at processes."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
KUBECTL = REPOSITORY / ".state" / "bin" / "kubectl"
HELM4, HELM3 = (REPOSITORY / ".state" / "bin" / name for name in ("helm4", "helm3"))
VALUES = REPOSITORY / "cluster" / "values.yaml"
CHART = REPOSITORY / "charts" / "loadlab"
SAMPLES = REPOSITORY / "manifests" / "samples"
SYSTEM = "loadlab-system"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(REPOSITORY / "cluster"),
    "KUBECONFIG": os.environ.get("KUBECONFIG", str(REPOSITORY / ".state" / "kubeconfig")),
}
Json = dict[str, Any]


class RefusedError(Exception):
    """A command failed; the text is what it said."""


def run(*command: str | Path, stdin: str | None = None, timeout: float = 120) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        env=ENVIRONMENT,
        check=False,
    )
    if done.returncode:
        raise RefusedError(done.stdout + done.stderr)
    return done.stdout


def kubectl(*arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
    return run(KUBECTL, *arguments, stdin=stdin, timeout=timeout)


def get(*arguments: str) -> Json:
    return dict(json.loads(kubectl("get", *arguments, "-o", "json")))


def eventually(check: Callable[[], Any], seconds: float, what: str, every: float = 0.5) -> Any:
    """Return the first truthy answer; a refused command is no answer yet."""
    deadline, last = time.monotonic() + seconds, "nothing"
    while time.monotonic() < deadline:
        try:
            if found := check():
                return found
        except RefusedError as error:
            last = str(error)
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds:.0f} s; last answer: {last}")


def processes(command_part: str) -> list[int]:
    """Ids of the cluster's processes whose command line holds a text: the embedded node's
    containers are processes of this machine.
    """
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                groups = (folder / "cgroup").read_text()
            except OSError:  # it ended meanwhile
                continue
            if command_part in command and "kubepods" in groups:
                found.append(int(folder.name))
    return sorted(found)


def resident_mebibytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"process {pid} shows no VmRSS")


class Lab:
    """Experiments in one namespace."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def kubectl(self, *arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
        return kubectl("-n", self.namespace, *arguments, stdin=stdin, timeout=timeout)

    def submit(self, name: str, **spec: Any) -> None:
        document = {
            "apiVersion": "loadlab.dev/v1alpha1",
            "kind": "LoadExperiment",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": spec,
        }
        self.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(document))

    def experiment(self, name: str) -> Json:
        return get("-n", self.namespace, "loadexperiment", name)

    def status(self, name: str) -> Json:
        return dict(self.experiment(name).get("status") or {})

    def trials(self, name: str) -> dict[str, Json]:
        label = f"loadlab.dev/experiment={name}"
        items = get("-n", self.namespace, "loadtrials", "-l", label)["items"]
        return {item["metadata"]["name"]: item for item in items}

    def wait(self, name: str, seconds: int) -> Json:
        condition = "--for=condition=Finished"
        limit = f"--timeout={seconds}s"
        self.kubectl("wait", condition, f"loadexperiment/{name}", limit, timeout=seconds + 30)
        return self.status(name)

    def measure(self, name: str, seconds: int, **spec: Any) -> Json:
        """Run an experiment to its end; again, twice at most, if strangers kept the node busy."""
        for _ in range(3):
            self.delete(name)
            self.submit(name, **spec)
            status = self.wait(name, seconds)
            found = (row.get("bottleneck", {}) for row in status.get("results", []))
            strangers = [each["evidence"] for each in found if each.get("name") == "NodeCpu"]
            if not strangers:
                break
            print(f"{name}: the machine had other work, {strangers[0]}")
        return status

    def delete(self, name: str) -> None:
        self.kubectl("delete", "loadexperiment", name, "--ignore-not-found")

    def leftovers(self, name: str) -> list[str]:
        kinds = "pods,jobs,deployments,statefulsets,services,configmaps,secrets,replicasets"
        label = f"loadlab.dev/experiment={name}"
        return self.kubectl("get", kinds, "-l", label, "-o", "name").split()


def condition(status: Json, type_: str) -> Json:
    return next((c for c in status.get("conditions", []) if c["type"] == type_), {})
