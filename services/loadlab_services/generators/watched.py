"""A child process, and what it used of its CPUs while it ran: from /proc and the cgroup.

How long its tasks waited for a CPU is told by the kernel as sums for each thread (schedstat): a
percentile of single waits cannot be had of it, and one of means hides the long ones. What is told
is the share of the time of its CPUs in which a thread that could run waited for one.
"""

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loadlab_services.generators.stopping import held

EVERY_SECONDS = 0.1
CGROUP = Path("/sys/fs/cgroup")
_STANDING = {"R", "T", "t"}  # runnable or stopped: what does not run in this state has to wait
Times = dict[str, tuple[int, int]]  # by thread: ns run, ns waited


class ToolError(Exception):
    """The tool did not do what it was asked to, and how."""


@dataclass(frozen=True)
class Usage:
    """What a child used."""

    cpu_seconds: float
    wall_seconds: float
    cpus: int  # that it can use at once
    peak_rss_bytes: int
    throttled_seconds: float | None
    sched_wait_share: float  # of the time of its CPUs
    longest_pause_us: int
    clock_step_us: int = 0  # by how much the wall clock was set


@dataclass(frozen=True)
class Ended:
    """A child after its end: what it wrote, and what it used."""

    out: str
    began: float  # seconds since 1970
    ended: float
    usage: Usage


@dataclass
class _Watch:
    """Looks at a process ten times a second."""

    pid: int
    waited_seconds: float = 0.0
    longest_pause: float = 0.0
    peak_rss_bytes: int = 0
    _last: Times = field(default_factory=dict)
    _moved: dict[str, float] = field(default_factory=dict)
    _looked: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        now, times = time.monotonic(), read_times(self.pid)
        self.longest_pause = max(self.longest_pause, now - self._looked - EVERY_SECONDS)
        self._looked = now
        self.peak_rss_bytes = max(self.peak_rss_bytes, read_peak_rss(self.pid))
        for thread, (run, waited) in times.items():
            before = self._last.get(thread, (0, 0))
            self.waited_seconds += max(0, waited - before[1]) / 1e9
            if run > before[0] or thread not in self._moved or not self._stands(thread):
                self._moved[thread] = now
            paused = now - self._moved[thread] - EVERY_SECONDS
            self.longest_pause = max(self.longest_pause, paused)
        self._last = times

    def _stands(self, thread: str) -> bool:
        text = _read(Path(f"/proc/{self.pid}/task/{thread}/stat"))
        return text.rpartition(")")[2].split()[:1] in [[state] for state in _STANDING]


class Watched:
    """What was seen of a process, once `watching` has ended."""

    def __init__(self, pid: int) -> None:
        self._watch, self._throttled = _Watch(pid, _last=read_times(pid)), read_throttled()
        self._ahead = ahead()
        self._stop = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def _look(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            self._watch.look()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._looking.join()

    def usage(self, cpu_seconds: float, wall_seconds: float, cpus: int) -> Usage:
        """Return what the process used, with what its CPU time is known to be from elsewhere."""
        before, after, watch = self._throttled, read_throttled(), self._watch
        usable = min(cpus, usable_cpus())
        return Usage(
            cpu_seconds=cpu_seconds,
            wall_seconds=wall_seconds,
            cpus=usable,
            peak_rss_bytes=watch.peak_rss_bytes,
            throttled_seconds=None if before is None or after is None else after - before,
            sched_wait_share=share_waited(watch.waited_seconds, wall_seconds, usable),
            longest_pause_us=round(watch.longest_pause * 1e6),
            clock_step_us=round(abs(ahead() - self._ahead) * 1e6),
        )


def ahead() -> float:
    """Return by how many seconds the wall clock is ahead of the steady one: differences tell.

    Of three looks the middle one: between its two clocks one may be held up.
    """
    looks = sorted(time.time() - time.monotonic() for _ in range(3))
    return looks[1]


def share_waited(waited_seconds: float, wall_seconds: float, cpus: int) -> float:
    """Return the share of the CPUs' time, 0..1; more threads than CPUs may have waited at once."""
    return min(1.0, waited_seconds / (wall_seconds * cpus)) if wall_seconds > 0 else 0.0


@contextmanager
def watching(pid: int) -> Iterator[Watched]:
    """Look at a process for as long as the block takes."""
    watched = Watched(pid)
    try:
        yield watched
    finally:
        watched.stop()


def start(command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start a tool of which what it says is read, and nothing told.

    Raises:
        ToolError: it is not there.
    """
    try:
        return subprocess.Popen(  # noqa: S603  # the tools that the image brings
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=dict(environment),
            text=True,
        )
    except OSError as error:
        raise ToolError(f"{command[0]} could not be started: {error}") from error


def run_watched(
    command: Sequence[str],
    seconds: float,
    environment: Mapping[str, str],
    cpus: int,
    *,
    stop_after: float | None = None,
) -> Ended:
    """Run a tool to its end, which must come within so many seconds; it can use so many CPUs.

    `stop_after` is when it is interrupted, as by Ctrl-C, where it knows no end of its own by then.

    Raises:
        ToolError: it is not there, did not end in time, or ended badly.
    """
    own, before = _cpu(resource.RUSAGE_SELF), _cpu(resource.RUSAGE_CHILDREN)
    began, since = time.time(), time.monotonic()
    child: subprocess.Popen[str] | None = None
    try:
        with held():
            child = start(command, environment)
        with watching(child.pid) as watched:
            out, said = _await_end(child, seconds, stop_after)
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{command[0]} did not end within {seconds:.0f} s") from error
    finally:
        if child is not None and child.poll() is None:
            child.kill()
            child.communicate()
    ended = began + time.monotonic() - since
    if child.returncode:
        raise ToolError(f"{command[0]} ended with {child.returncode}: {said.strip()[-300:]}")
    cpu = _cpu(resource.RUSAGE_CHILDREN) - before + _cpu(resource.RUSAGE_SELF) - own
    return Ended(out, began, ended, watched.usage(cpu, ended - began, cpus))


def _await_end(
    child: "subprocess.Popen[str]", seconds: float, stop_after: float | None
) -> tuple[str, str]:
    if stop_after is None:
        return child.communicate(timeout=seconds)
    try:
        return child.communicate(timeout=stop_after)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
        return child.communicate(timeout=seconds - stop_after)


def said_by(*command: str) -> str:
    """Return what a program says at once, such as its version; nothing where it is not there."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout + said.stderr


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def read_times(pid: int) -> Times:
    """Read what each thread of a process ran and waited; nothing of one that is gone."""
    found: Times = {}
    for task in Path(f"/proc/{pid}/task").glob("*"):
        words = _read(task / "schedstat").split()
        if len(words) == 3:
            found[task.name] = (int(words[0]), int(words[1]))
    return found


def read_peak_rss(pid: int) -> int:
    """Read the most memory that a process had, in bytes; 0 of one that is gone."""
    lines = _read(Path(f"/proc/{pid}/status")).splitlines()
    told = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), "0")
    return int(told) * 1024


def read_throttled() -> float | None:
    """Read for how long the container's CPU limit stopped it; None where nothing tells."""
    for place, key, unit in (
        (CGROUP / "cpu.stat", "throttled_usec", 1e6),
        (CGROUP / "cpu" / "cpu.stat", "throttled_time", 1e9),
    ):
        told = dict(line.split()[:2] for line in _read(place).splitlines() if " " in line)
        if key in told:
            return int(told[key]) / unit
    return None


def read_cpu_limit() -> float | None:
    """Read the CPUs of the container's limit; None without one."""
    quota, _, period = _read(CGROUP / "cpu.max").partition(" ")
    if not quota:
        quota = _read(CGROUP / "cpu" / "cpu.cfs_quota_us")
        period = _read(CGROUP / "cpu" / "cpu.cfs_period_us")
    try:
        limit = float(quota) / float(period)
    except (ValueError, ZeroDivisionError):
        return None
    return limit if limit > 0 else None


def usable_cpus() -> int:
    """Count the CPUs that this process may run on."""
    return len(os.sched_getaffinity(0))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
