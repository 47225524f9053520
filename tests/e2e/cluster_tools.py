"""What the end-to-end tests do to the cluster: kubectl, waiting, experiments."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.manifests import Json

REPOSITORY = Path(__file__).parents[2]
HANDOUT = REPOSITORY / ".state"  # what `make up` left there is for its cluster
VALUES = REPOSITORY / "cluster" / "values.yaml"
CHART = REPOSITORY / "charts" / "loadlab"
SAMPLES = REPOSITORY / "manifests" / "samples"
SYSTEM = "loadlab-system"
ANY_CPU = "1000"  # that others may use beside a trial
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(REPOSITORY / "cluster"),
    "PATH": f"{HANDOUT / 'bin'}{os.pathsep}{os.environ['PATH']}",
}
if (HANDOUT / "kubeconfig").exists():
    ENVIRONMENT.setdefault("KUBECONFIG", str(HANDOUT / "kubeconfig"))


class RefusedError(Exception):
    """A command failed; the text is what it said."""


def find_program(name: str) -> str | None:
    """The one that `make up` left for its cluster, or else the machine's own."""
    return shutil.which(name, path=ENVIRONMENT["PATH"])


def run(*command: str | Path, stdin: str | None = None, timeout: float = 120) -> str:
    program, *arguments = (str(part) for part in command)
    done = subprocess.run(
        [find_program(program) or program, *arguments],
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
    return run("kubectl", *arguments, stdin=stdin, timeout=timeout)


def install_loadlab() -> None:
    """Install the chart with this checkout's images, as `make install` does it."""
    run(sys.executable, "-m", "loadlab_cluster", "install", timeout=300)


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


class Lab:
    """Experiments in one namespace."""

    def __init__(self, namespace: str, foreign_cpu: str = ANY_CPU) -> None:
        self.namespace = namespace
        self.foreign_cpu = foreign_cpu

    def kubectl(self, *arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
        return kubectl("-n", self.namespace, *arguments, stdin=stdin, timeout=timeout)

    def submit(self, name: str, **spec: Any) -> None:
        spec |= {"placement": {"foreignCpu": self.foreign_cpu} | spec.get("placement", {})}
        spec |= {"load": {"settling": "0s"} | spec.get("load", {})}  # their time is not for that
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

    def delete(self, name: str) -> None:
        self.kubectl("delete", "loadexperiment", name, "--ignore-not-found")

    def leftovers(self, name: str, *also: str) -> list[str]:
        """What is there of an experiment's children; its Secret goes only with the experiment."""
        kinds = ",".join(
            ["pods,jobs,deployments,statefulsets,services,configmaps,replicasets", *also]
        )
        label = f"loadlab.dev/experiment={name}"
        return self.kubectl("get", kinds, "-l", label, "-o", "name").split()


def condition(status: Json, type_: str) -> Json:
    return next((c for c in status.get("conditions", []) if c["type"] == type_), {})
