"""Starts the node's daemons and ends them; touches no process that it did not start."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from loadlab_cluster.components import Component
from loadlab_cluster.network import EMBEDDED
from loadlab_cluster.settings import Settings

GRACE_SECONDS = 5.0
EXEC_POLLS = 50


def start(component: Component, settings: Settings) -> None:
    """Start a daemon in the node's network namespace, detached from this terminal."""
    log = log_file(component.name, settings)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))  # why the last one ended
    with log.open("wb") as output:
        process = subprocess.Popen(
            EMBEDDED.inside(*component.command),
            cwd=settings.state,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _pid_file(component.name, settings).write_text(f"{process.pid}\n")
    process.returncode = 0  # it outlives this program: no wait, and no warning about that


def running_pid(component: Component, settings: Settings) -> int | None:
    """The daemon's process id, if that process is still the one that was started."""
    try:
        pid = int(_pid_file(component.name, settings).read_text())
    except (FileNotFoundError, ValueError):
        return None
    ours = str(settings.state)
    for _ in range(EXEC_POLLS):
        if is_zombie(pid):
            return None
        words = command_line(pid)
        if any(words):
            return pid if any(ours in word for word in words) else None
        time.sleep(0.01)  # in the middle of an exec a process has no command line
    return None


def stop(pids: Iterable[int], *, grace: float = GRACE_SECONDS) -> None:
    """SIGTERM, then SIGKILL for what is still there after `grace` seconds."""
    left = [pid for pid in pids if _signal(pid, signal.SIGTERM)]
    deadline = time.monotonic() + grace
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [pid for pid in left if is_alive(pid)]
    kill(left)


def kill(pids: Iterable[int]) -> None:
    """SIGKILL, and wait until the processes are gone."""
    left = [pid for pid in pids if _signal(pid, signal.SIGKILL)]
    deadline = time.monotonic() + GRACE_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [pid for pid in left if is_alive(pid)]


def confine(pid: int, cpus: set[int]) -> None:
    """Keep every thread of a process on these CPUs."""
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            os.sched_setaffinity(int(task.name), cpus)
        except (ProcessLookupError, PermissionError):
            continue


def processes_naming(text: str) -> list[int]:
    """Processes with `text` in their command line, this one excepted."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return [pid for pid in pids if pid != os.getpid() and _names(pid, text)]


def log_file(name: str, settings: Settings) -> Path:
    """Where a daemon writes what it says."""
    return settings.logs / f"{name}.log"


def command_line(pid: int) -> list[str]:
    """The words a process was started with; none once it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return []


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    return Path(f"/proc/{pid}").exists() and not is_zombie(pid)


def is_zombie(pid: int) -> bool:
    """Whether a process is over (or was never there)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return True


def _names(pid: int, text: str) -> bool:
    return any(text in word for word in command_line(pid))


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _pid_file(name: str, settings: Settings) -> Path:
    return settings.state / "run" / f"{name}.pid"
