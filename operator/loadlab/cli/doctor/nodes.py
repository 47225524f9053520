"""CPUs of the nodes, whether a service can own some, and what else uses them."""

from collections.abc import Iterator, Mapping
from typing import Any

from loadlab.base.quantities import amount
from loadlab.cli.doctor.finding import Answer, Ask, Finding, Outcome

_NANO = 10**9
_MEBIBYTE = 2**20
MOST_SHOWN = 5  # a cluster of a hundred nodes is not read node by node
Document = Mapping[str, Any]


def nodes(ask: Ask, found: Answer) -> Iterator[Finding]:
    """Yield what each node has, owns apart and uses now."""
    if not found.is_there:
        yield Finding("nodes", Outcome.UNKNOWN, f"their CPUs: {found.why}")
        return
    usable = [node for node in found.items if _is_usable(node)]
    if not usable:
        remedy = "kubectl get nodes; kubectl describe node NAME"
        yield Finding("nodes", Outcome.PROBLEM, "none is ready and takes pods", remedy)
    for node in usable[:MOST_SHOWN]:
        name = node["metadata"]["name"]
        yield _size(name, node)
        yield _manager(name, ask(f"/api/v1/nodes/{name}/proxy/configz"))
        yield _noise(name, ask(f"/api/v1/nodes/{name}/proxy/stats/summary"))
    if len(usable) > MOST_SHOWN:
        more = f"{len(usable) - MOST_SHOWN} more were not looked at"
        yield Finding("nodes", Outcome.UNKNOWN, more)


def _is_usable(node: Document) -> bool:
    ready = (c for c in node["status"].get("conditions") or () if c["type"] == "Ready")
    spec = node.get("spec") or {}
    tainted = any(t["effect"] != "PreferNoSchedule" for t in spec.get("taints") or ())
    return all(c["status"] == "True" for c in ready) and not (spec.get("unschedulable") or tainted)


def _size(name: str, node: Document) -> Finding:
    allocatable = node["status"].get("allocatable") or {}
    try:
        cpus, memory = amount(str(allocatable["cpu"])), amount(str(allocatable["memory"]))
    except (KeyError, ValueError):
        return Finding("nodes", Outcome.UNKNOWN, f"{name}: how many CPUs it has")
    has = f"{name}: {cpus:f} CPUs and {int(memory) // _MEBIBYTE:,} MiB for pods"
    return Finding("nodes", Outcome.OK, f"{has}; `loadlab plan` says what an experiment asks for")


def _manager(name: str, answer: Answer) -> Finding:
    policy = (answer.document.get("kubeletconfig") or {}).get("cpuManagerPolicy")
    if not answer.is_there or policy is None:
        why = answer.why if not answer.is_there else "the kubelet does not say"
        return Finding("cpu manager", Outcome.UNKNOWN, f"{name}: its policy: {why}")
    if policy == "static":
        message = f"{name}: static, a service can own CPUs"
        return Finding("cpu manager", Outcome.OK, message)
    remedy = "cpuManagerPolicy: static in the kubelet's configuration, or serviceCpu: Shared"
    message = f"{name}: {policy}, so no service can own CPUs"
    return Finding("cpu manager", Outcome.WARNING, message, remedy)


def _noise(name: str, answer: Answer) -> Finding:
    """Tell what the node's CPUs do now; what is too much depends on the experiment."""
    cpu = (answer.document.get("node") or {}).get("cpu") or {}
    used, waiting = cpu.get("usageNanoCores"), ((cpu.get("psi") or {}).get("some") or {})
    if used is None:
        why = answer.why if not answer.is_there else "the kubelet does not say"
        return Finding("noise", Outcome.UNKNOWN, f"{name}: use and pressure of its CPUs: {why}")
    told = f"{name}: {used / _NANO:.2f} CPUs are in use now"
    if "avg60" not in waiting or not waiting.get("total"):  # a kernel without PSI: nothing, ever
        message = f"{told}; pressure (PSI): the kubelet does not say"
        return Finding("noise", Outcome.UNKNOWN, message)
    message = f"{told}; for {waiting['avg60']:.0f}% of the last minute something waited for a CPU"
    return Finding("noise", Outcome.OK, message)
