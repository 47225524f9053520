"""`make demo`: from nothing to the result of a first experiment, each step timed."""

import json
import os
import subprocess
import time
from typing import Any

from loadlab_cluster.clusters import Cluster
from loadlab_cluster.commands import Argument, read_output, run_logged
from loadlab_cluster.dev_environment import VENV, ensure_environment
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.settings import REPOSITORY, SOURCES, Settings
from loadlab_cluster.terminal import TIMINGS, say, step

RELEASE, SYSTEM_NAMESPACE = "loadlab", "loadlab-system"
SAMPLE, EXPERIMENT = REPOSITORY / "manifests" / "samples" / "select.yaml", "select"
LIMIT_SECONDS = 1800.0
POLL_SECONDS = 1.0
VERDICTS = {0, 3, 4}  # exit codes of `loadlab results`: passed, criteria failed, inconclusive
NAMESPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "name": SYSTEM_NAMESPACE,
        "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
    },
}


def run_demo(settings: Settings, cluster: Cluster) -> None:
    """Every step is safe to repeat, so is the whole."""
    started = time.monotonic()
    ensure_environment(settings)
    cluster.up()
    cluster.images()
    kubectl = settings.program("kubectl")
    install(settings)
    with step(f"Run the experiment {EXPERIMENT}", first=120, again=120):
        read_output([kubectl, "delete", "-f", SAMPLE, "--ignore-not-found", "--wait"])
        read_output([kubectl, "apply", "-f", SAMPLE])
        follow(kubectl)
    say("")
    print_results(settings)
    say(TIMINGS.table())
    say(f"  from the command to the table: {time.monotonic() - started:.0f} s")


def install(settings: Settings) -> None:
    """Install or upgrade the operator from the chart, in a namespace that enforces `restricted`."""
    kubectl, helm = settings.program("kubectl"), settings.program("helm")
    log = settings.logs / "helm.log"
    run_logged([helm, "version"], log)  # builds it, as a step of its own
    chart: list[Argument] = [helm, "upgrade", "--install", RELEASE, REPOSITORY / "charts/loadlab"]
    options = ["--namespace", SYSTEM_NAMESPACE, "--wait", "--timeout", "2m"]
    # An earlier `kubectl apply -f manifests/install.yaml` owns the CRDs: the chart takes them over.
    options += ["--take-ownership", "--force-conflicts"]
    here: list[Argument] = [kubectl, "--namespace", SYSTEM_NAMESPACE, "rollout"]
    with step("Install the operator from charts/loadlab", first=8, again=5):
        read_output([kubectl, "apply", "-f", "-"], text=json.dumps(NAMESPACE))
        run_logged([*chart, *options, "-f", SOURCES / "values.yaml"], log)
        # The images keep their tag when they are rebuilt: only a restart takes up the new ones.
        run_logged([*here, "restart", f"deployment/{RELEASE}"], log)
        run_logged([*here, "status", f"deployment/{RELEASE}", "--timeout", "1m"], log)


def print_results(settings: Settings) -> None:
    """Print the table; a verdict that is not Passed is a result too, not a failure of the demo."""
    own = settings.kubeconfig
    where: list[Argument] = ["--kubeconfig", own] if own.exists() else []
    command = [VENV / "bin" / "loadlab", "results", EXPERIMENT, *where]
    done = subprocess.run(command, env={**os.environ, "COLUMNS": "160"}, check=False)
    if done.returncode not in VERDICTS:
        raise ClusterError(f"loadlab results {EXPERIMENT} ended with {done.returncode}; see above")


def follow(kubectl: Argument) -> None:
    """Print each change of the experiment's progress until it has finished."""
    deadline, said = time.monotonic() + LIMIT_SECONDS, ""
    while time.monotonic() < deadline:
        answer = read_output([kubectl, "get", "loadexperiment", EXPERIMENT, "-o", "json"])
        status: dict[str, Any] = json.loads(answer).get("status", {})
        line = f"  {status.get('phase', 'Pending')} {status.get('progress', '')}".rstrip()
        if line != said:
            say(line)
            said = line
        conditions = {each["type"]: each for each in status.get("conditions", [])}
        if conditions.get("Finished", {}).get("status") == "True":
            return
        time.sleep(POLL_SECONDS)
    raise ClusterError(
        f"{EXPERIMENT} has not finished after {LIMIT_SECONDS / 60:.0f} minutes: "
        f"make kubectl ARGS='describe loadexperiment {EXPERIMENT}'"
    )
