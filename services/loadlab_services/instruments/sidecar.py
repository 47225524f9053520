"""`python -m loadlab_services.instruments.sidecar`: figures of a service that has no instruments.

It runs in a container of its own beside the service: one process namespace, the same user. What
the service's container used is in the kernel's account of it, and /proc/PID/root shows that
account: exact, with every process that has ended, and with throttling. A sum over the living
processes would be neither: what an ended one used goes to whoever waited for it, and is lost with
an orphan. Nothing is sampled; between two readers this process sleeps.

What cannot be known from outside (requests, event-loop lag, thread tokens) is absent, not 0.
"""

import os
import signal
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

from loadlab_services.instruments.cgroup import ContainerUsage, read_container, tell_faults
from loadlab_services.instruments.cpus import describe_cpus
from loadlab_services.instruments.process import ProcessUsage, read_cpu_seconds, read_process
from loadlab_services.instruments.server import NO_PROCESS, InstrumentsServer, NoFiguresError

PROC: Final = Path("/proc")
PAUSE: Final = "1"  # the first process of a shared namespace: it only reaps
DEFAULT_PORT: Final = 9000


class ServiceFromOutside:
    """Answers for the container beside this one, in which the run's name is a variable."""

    def __init__(self, proc: Path = PROC, run: str = "") -> None:
        self._proc = proc
        self._run = run

    def snapshot(self) -> dict[str, Any]:
        """Answer GET /snapshot: the keys of `snapshot.build_snapshot` that are known here."""
        pids = service_pids(self._proc, self._run)
        container = self._account(pids)
        beside = [pid for each in containers_of(self._proc).values() for pid in each]
        beside = [pid for pid in beside if pid not in pids]
        usages = {pid: read_process(pid) for pid in pids}
        return {
            "cpuSeconds": container.cpu_seconds,
            "throttledSeconds": container.throttled_seconds,
            "memoryBytes": container.memory_bytes,
            **tell_faults(container),
            "openFiles": sum(usage.open_files for usage in usages.values()),
            "processes": [_process(pid, usage) for pid, usage in usages.items()],
            **next(filter(None, map(describe_cpus, pids)), {}),
            **({"besideCpuSeconds": sum(map(read_cpu_seconds, beside))} if beside else {}),
        }

    def metrics(self) -> str:
        """Answer GET /metrics: the container's families."""
        from loadlab_services.instruments.exposition import render  # noqa: PLC0415 (see there)

        return render([], {}, self._account(service_pids(self._proc, self._run)))

    def trace(self) -> None:
        """Answer GET /trace: nobody sees from outside what a request waits for."""

    def _account(self, pids: Iterable[int]) -> ContainerUsage:
        """Read the account through the first process that lets us; all are in one container."""
        for pid in pids:
            root = self._proc / str(pid) / "root" / "sys" / "fs" / "cgroup"
            if usage := read_container(partial(_text_below, root)):
                return usage
        raise NoFiguresError(
            f"{NO_PROCESS} shows its container's cgroup files under /proc/PID/root: "
            "it has not started yet, runs as another user, its program may not be read, or "
            "another container was added to the pod and none of them shows RUN_ID"
        )


def service_pids(proc: Path = PROC, run: str = "") -> list[int]:
    """Find the living processes of the service's container in the namespace.

    It is the one beside this container. Where there are several, as admission may add one, it is
    the one in which a process has the run's name in its environment.
    """
    containers = containers_of(proc)
    if len(containers) > 1:
        containers = {g: pids for g, pids in containers.items() if _any_of_run(proc, pids, run)}
    return sorted(next(iter(containers.values()), []))


def containers_of(proc: Path) -> dict[str, list[int]]:
    """Find the living processes of the containers beside this one, by their control groups."""
    containers: dict[str, list[int]] = {}
    own = _text_of(proc / "self" / "cgroup")
    for pid in (entry.name for entry in proc.iterdir() if entry.name.isdecimal()):
        groups = _text_of(proc / pid / "cgroup")
        if pid != PAUSE and groups not in {None, own} and not _is_zombie(proc / pid):
            containers.setdefault(str(groups), []).append(int(pid))
    return containers


def _any_of_run(proc: Path, pids: Iterable[int], run: str) -> bool:
    marker = f"RUN_ID={run}"
    return any(marker in (_text_of(proc / f"{pid}/environ") or "").split("\0") for pid in pids)


def _is_zombie(folder: Path) -> bool:
    """Look behind the program's name, which may hold anything, spaces and brackets too."""
    stat = _text_of(folder / "stat") or ""
    return stat.rpartition(")")[2].split()[:1] in ([], ["Z"])


def _process(pid: int, usage: ProcessUsage) -> dict[str, Any]:
    return {
        "pid": pid,
        "cpuSeconds": usage.cpu_seconds,
        "memoryBytes": usage.memory_bytes,
        "openFiles": usage.open_files,
    }


def _text_below(folder: Path, name: str) -> str | None:
    return _text_of(folder / name)


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it ended meanwhile, or is not ours to read
        return None


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    port = int(os.environ.get("INSTRUMENTS_PORT", DEFAULT_PORT))
    service = ServiceFromOutside(run=os.environ.get("RUN_ID", ""))
    with InstrumentsServer(port, service) as server:
        server.serve_forever(poll_interval=5)  # only how soon it would notice a shutdown()


if __name__ == "__main__":
    main()
