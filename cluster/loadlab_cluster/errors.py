"""What can go wrong, in words for the person at the terminal.

ClusterError
├── CommandError     a program ended with an error; names its log and shows its last lines
└── NoAnswerError    a program that was asked something has not ended in time
"""

import errno
from pathlib import Path

# What may be done about what the system refused.
OWNER = "after a `make` by root such files are root's: sudo chown -R $(id -u) {path}"
ROOM = "make room; `make distclean` removes what is only kept for the next time"
REMEDIES = {
    errno.EACCES: OWNER,
    errno.EPERM: OWNER,
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EROFS: "put the checkout, and by XDG_CACHE_HOME the cache, where they can be written",
}
OF_LINUX = ("/proc", "/sys")


class ClusterError(Exception):
    """A message that names the object and the remedy."""


class CommandError(ClusterError):
    """A program that was started ended with an error."""

    def __init__(self, command: str, code: int, log: Path) -> None:
        super().__init__(f"{command} ended with {code}\n{last_lines(log)}\n  log: {log}")


def describe_os_error(error: OSError) -> str:
    """One line that names the path and the remedy."""
    path = str(error.filename or "")
    said = ": ".join(filter(None, (path, error.strerror or str(error))))
    remedy = REMEDIES.get(error.errno or 0, "").format(path=path)
    if not path and error.errno in {errno.EACCES, errno.EPERM}:  # no file: a process, or a setting
        remedy = "it is root's or another user's: repeat this as root"
    if path.startswith(OF_LINUX):
        remedy = "it needs a Linux that has it; CLUSTER=kind and CLUSTER=current do without"
    return f"{said}; {remedy}" if remedy else said


class NoAnswerError(ClusterError):
    """A program that only had to answer has not ended."""

    def __init__(self, command: str, seconds: float) -> None:
        super().__init__(
            f"no answer within {seconds:g} s: {command}\n  Start it by hand to see what it waits "
            "for (a Docker or a cluster that is starting, or out of reach), then repeat"
        )


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, indented for the terminal."""
    if not log.exists():
        return "    (no log was written)"
    lines = log.read_text(errors="replace").splitlines()[-count:]
    return "\n".join(f"    {line[:300]}" for line in lines) or "    (the log is empty)"
