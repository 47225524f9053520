"""`make demo`: from nothing to the result of a first experiment, each step timed."""

import json
import time
from collections.abc import Iterator

from loadlab_cluster.clusters import Cluster
from loadlab_cluster.commands import Argument, read_output, run_logged
from loadlab_cluster.dev_environment import ensure_environment
from loadlab_cluster.experiments import run_experiment
from loadlab_cluster.go_builds import ensure_go_program
from loadlab_cluster.images import operator_key
from loadlab_cluster.settings import REPOSITORY, SOURCES, Settings
from loadlab_cluster.terminal import TIMINGS, say, step

RELEASE, SYSTEM_NAMESPACE = "loadlab", "loadlab-system"
SOURCE_ANNOTATION = "loadlab.dev/source"
SAMPLE = REPOSITORY / "manifests" / "samples" / "select.yaml"
NEXT = {
    "source .state/activate": "kubectl, helm and loadlab in this shell mean this cluster",
    "loadlab run manifests/samples/sleep.yaml": "def or async def, while a request waits",
    "loadlab run manifests/samples/own-service.yaml": "an own service; its app lies beside it",
    "make image DIR=../shop NAME=shop": "the image of yours, for a file like that one",
}
NAMESPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "name": SYSTEM_NAMESPACE,
        "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
    },
}


def bring_up(settings: Settings, cluster: Cluster) -> None:
    """Bring up a cluster with LoadLab in it; every step is safe to repeat."""
    ensure_go_program("helm4", settings)  # first: kind itself needs no Go, so nothing else says so
    ensure_environment(settings)
    cluster.up()
    cluster.images()
    install(settings)


def run_demo(settings: Settings, cluster: Cluster) -> None:
    """Every step is safe to repeat, so is the whole."""
    started = time.monotonic()
    bring_up(settings, cluster)
    run_experiment(settings, SAMPLE)
    say(TIMINGS.table())
    say(f"  from the command to the table: {time.monotonic() - started:.0f} s")
    say("\n".join(next_commands()))


def next_commands() -> Iterator[str]:
    """Yield what one may do now, each command with what comes of it."""
    yield "\nNext:"
    width = max(map(len, NEXT))
    yield from (f"  {command:{width}}  # {what}" for command, what in NEXT.items())


def install(settings: Settings) -> None:
    """Install or upgrade the operator from the chart, in a namespace that enforces `restricted`."""
    kubectl, helm = settings.program("kubectl"), settings.program("helm")
    log = settings.logs / "helm.log"
    chart: list[Argument] = [helm, "upgrade", "--install", RELEASE, REPOSITORY / "charts/loadlab"]
    options = ["--namespace", SYSTEM_NAMESPACE, "--wait", "--timeout", "2m"]
    # An earlier `kubectl apply -f manifests/install.yaml` owns the CRDs: the chart takes them over.
    # By the server, also where the release is of Helm 3: forced it can be there alone.
    options += ["--take-ownership", "--force-conflicts", "--server-side=true"]
    # Images keep their tag when they are rebuilt: of this, the pod template sees that one was.
    options += ["--set-json", "podAnnotations=" + json.dumps({SOURCE_ANNOTATION: operator_key()})]
    with step("Install the operator from charts/loadlab", first=6, again=2):
        read_output([kubectl, "apply", "-f", "-"], text=json.dumps(NAMESPACE))
        run_logged([*chart, *options, "-f", SOURCES / "values.yaml"], log)
