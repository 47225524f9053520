"""A node that is drained, stopped, cut off or frozen under a trial: void, told, repeated, cleared.

On kind with several nodes: LOADLAB_KIND_WORKERS=2 CLUSTER=kind make install
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from loadlab_cluster.clusters import choose_engine, chosen_kind
from loadlab_cluster.commands import read_output
from loadlab_cluster.settings import load_settings
from tests.e2e.cluster_tools import Lab, condition, eventually, get, kubectl
from tests.manifests import Json

pytestmark = pytest.mark.e2e

AWAY = 15  # seconds: shorter than Kubernetes takes to call a node NotReady, longer than any answer
DROPS = (("INPUT", "-i"), ("OUTPUT", "-o"), ("FORWARD", "-i"), ("FORWARD", "-o"))
LONG: Json = {
    "workload": "ingest",
    "variants": [{"name": "queued"}],
    "factors": {"rate": [40]},
    "replicates": 2,
    "postgres": {"scale": 0.001},
    "load": {"executor": "constant-arrival-rate", "warmup": "1s", "duration": "20s"},
    "timeouts": {"prepare": "120s", "ready": "60s"},
    "placement": {"serviceCpu": "Shared"},
}


def docker(*words: str) -> None:
    read_output([*choose_engine(load_settings()).docker(), *words], seconds=60)


@dataclass(frozen=True)
class Fault:
    """What is done to a node, and undone."""

    strike: Callable[[str], None]
    mend: Callable[[str], None]


def drop_all(node: str, how: str) -> None:
    """By both versions of IP: pods have the fourth, and kind's nodes find each other by either."""
    for program in ("iptables", "ip6tables"):
        for chain, side in DROPS:
            docker("exec", node, program, how, chain, side, "eth0", "-j", "DROP")


def drain(node: str) -> None:
    forced = ("--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=60s")
    kubectl("drain", node, *forced)


FAULTS = {
    "drained": Fault(drain, lambda node: void(kubectl("uncordon", node))),
    "stopped": Fault(lambda node: docker("kill", node), lambda node: docker("start", node)),
    "cut off": Fault(lambda node: drop_all(node, "-I"), lambda node: drop_all(node, "-D")),
    "frozen": Fault(lambda node: docker("pause", node), lambda node: docker("unpause", node)),
}


def void(_: object) -> None:
    """For what is asked for its effect."""


@contextmanager
def struck(fault: Fault, node: str) -> Iterator[None]:
    fault.strike(node)
    try:
        yield
    finally:
        fault.mend(node)
        ready = ("wait", "--for=condition=Ready", f"node/{node}", "--timeout=120s")
        eventually(lambda: kubectl(*ready, timeout=130), 180, f"{node} is Ready again")


@pytest.fixture(autouse=True)
def _several_nodes(namespace: str) -> None:
    if chosen_kind(load_settings()) != "kind":
        pytest.skip("nodes are struck by Docker: CLUSTER=kind")
    if len(get("nodes")["items"]) < 3:
        pytest.skip("the cluster has one node: LOADLAB_KIND_WORKERS=2 CLUSTER=kind make install")


def node_of(lab: Lab, component: str) -> str:
    """Where the running pod of a component is; empty while there is none."""
    label = f"loadlab.dev/experiment=struck,loadlab.dev/component={component}"
    pods = get("-n", lab.namespace, "pods", "-l", label)["items"]
    running = [pod for pod in pods if pod["status"]["phase"] == "Running"]
    return str(running[0]["spec"]["nodeName"]) if running else ""


def await_phase(lab: Lab, phase: str) -> None:
    """Preparing: the database is up. Under load: the generator has run for some seconds."""
    if phase == "preparing":
        eventually(lambda: node_of(lab, "postgres"), 120, "there is a database", every=0.2)
        return
    eventually(lambda: node_of(lab, "k6"), 180, "there is a load", every=0.2)
    time.sleep(5)


def attempts(lab: Lab) -> list[str]:
    """A line for each attempt that ended and each trial, the reason of the void ones first."""
    lines = []
    for name, trial in sorted(lab.trials("struck").items()):
        status = trial.get("status", {})
        former = status.get("formerAttempts", ())
        lines += [f"{name} a{each['attempt']}: {each['reason']}" for each in former]
        lines.append(f"{name} a{status.get('attempt')}: {status.get('phase')}")
    return lines


def report(lab: Lab, fault: str, phase: str, began: float, status: Json) -> None:
    ended = condition(status, "Failed") or condition(status, "Finished")
    print(f"{fault} while {phase}: {status['phase']} after {time.monotonic() - began:.0f} s")
    print(f"  {ended.get('reason')}: {ended.get('message')}", *attempts(lab), sep="\n  ")


def require_nothing_left(lab: Lab) -> None:
    eventually(lambda: not lab.leftovers("struck"), 120, "nothing is left of it")


# What is drained goes to another node, or no pod of the frozen layout fits any more.
@pytest.mark.parametrize("phase", ["preparing", "under load"])
@pytest.mark.parametrize("fault", list(FAULTS))
@pytest.mark.parametrize("component", ["service", "k6"])
def test_a_node_that_comes_back(lab: Lab, fault: str, phase: str, component: str):
    if phase == "preparing" and component == "k6":
        pytest.skip("there is no generator yet")
    lab.delete("struck")
    lab.submit("struck", **LONG)
    await_phase(lab, phase)
    node = node_of(lab, component if phase == "under load" else "postgres")
    began = time.monotonic()
    with struck(FAULTS[fault], node):
        time.sleep(AWAY)

    status = lab.wait("struck", 360)

    report(lab, f"{component}'s node {fault}", phase, began, status)
    assert status["phase"] == "Succeeded", condition(status, "Failed")
    # No figure comes from what was struck. But a container that is paused on a node that runs is a
    # service that stands still: its kernel answers, which on a real node would be frozen, too.
    if phase == "under load" and (component, fault) != ("service", "frozen"):
        first = min(lab.trials("struck").items())[1]["status"]
        assert first["attempt"] > 1
    require_nothing_left(lab)
    lab.delete("struck")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("fault", ["stopped", "cut off"])
def test_a_node_that_stays_away_ends_the_experiment(lab: Lab, fault: str):
    """Kubernetes deletes the pods there after five minutes, and nobody confirms that they ended."""
    lab.delete("struck")
    lab.submit("struck", **LONG)
    await_phase(lab, "under load")
    began = time.monotonic()
    with struck(FAULTS[fault], node_of(lab, "service")):
        status = lab.wait("struck", 700)
        report(lab, f"service's node {fault} for good", "under load", began, status)

    said = condition(status, "Failed")
    assert status["phase"] == "Failed"
    assert said["reason"] in {"NotCleared", "NoLongerFits"}, said
    require_nothing_left(lab)
    lab.delete("struck")
