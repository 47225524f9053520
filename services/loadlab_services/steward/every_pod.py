"""The pods of a service one by one, and their figures as if they were one pod's.

A Service of Kubernetes passes a connection on to any of its pods, so its address tells nothing of
all of them: one without an address of its own resolves to theirs.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from loadlab_services.addresses import in_brackets

Component = dict[str, Any]

# Process ids of one container mean nothing in another; the kernel's are below this (PID_MAX_LIMIT).
PIDS: Final = 4_194_304
# Two readings of the same CPUs, taken within milliseconds: their times since boot differ by less.
SAME_CPUS_SECONDS: Final = 0.5
_ADDED: Final = (
    *("cpuSeconds", "throttledSeconds", "memoryBytes", "openFiles", "requests", "failed"),
    *("inFlight", "threadTokensInUse", "threadsExhaustedSeconds", "threadWaitSeconds"),
    *("cpuFullSeconds", "majorFaults"),
)


async def find_pods(url: str) -> list[str]:
    """Resolve an address to one for each pod behind it, always in the same order.

    Raises:
        OSError: there is no such name, or no pod.
    """
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM)
    hosts = sorted({str(address[0]) for *_, address in found})
    return [f"http://{in_brackets(host)}:{parts.port}" for host in hosts]


def lay_together(answers: Sequence[Component]) -> Component:
    """Add up what the pods used and did; of the event loop's lag take the worst pod's.

    What one of them does not tell is unknown of all.
    """
    added = {name: _sum(answers, name) for name in _ADDED}
    together: Component = {name: value for name, value in added.items() if value is not None}
    processes = [
        process | {"pid": process["pid"] + place * PIDS}
        for place, answer in enumerate(answers)
        for process in answer["processes"]
    ]
    together |= {"processes": processes} | _cpus(answers)
    if all("poolWaitSeconds" in answer for answer in answers):
        waits = [answer["poolWaitSeconds"] for answer in answers]
        together["poolWaitSeconds"] = {name: _sum(waits, name) for name in ("sum", "count")}
    if all("eventLoopLagSeconds" in answer for answer in answers):
        lags = [answer["eventLoopLagSeconds"] for answer in answers]
        together["eventLoopLagSeconds"] = {name: max(lag[name] for lag in lags) for name in lags[0]}
    return together


def _sum(answers: Iterable[Component], name: str) -> float | None:
    values = [answer.get(name) for answer in answers]
    return None if None in values else sum(value for value in values if value is not None)


def _cpus(answers: Sequence[Component]) -> Component:
    """The CPUs of all pods: each set of them once, as pods without CPUs of their own share one."""
    sets: list[Component] = []
    for answer in answers:
        times = answer.get("allowedCpus")
        if times is None:
            return {}
        if not any(_is_same(times, known) for known in sets):
            sets.append(times)
    allowed = {name: sum(each[name] for each in sets) for name in sets[0]}
    online = max(answer["cpusOnline"] for answer in answers)
    return {"cpusAllowed": allowed["cpus"], "cpusOnline": online, "allowedCpus": allowed}


def _is_same(times: Component, known: Component) -> bool:
    apart = abs(times["cpuSeconds"] - known["cpuSeconds"])
    return bool(times["cpus"] == known["cpus"] and apart < SAME_CPUS_SECONDS)
