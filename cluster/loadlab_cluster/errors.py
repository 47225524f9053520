"""What can go wrong, in words for the person at the terminal.

ClusterError
├── CommandError     a program ended with an error; names its log and shows its last lines
└── NoAnswerError    a program that was asked something has not ended in time
"""

from pathlib import Path


class ClusterError(Exception):
    """A message that names the object and the remedy."""


class CommandError(ClusterError):
    """A program that was started ended with an error."""

    def __init__(self, command: str, code: int, log: Path) -> None:
        super().__init__(f"{command} ended with {code}\n{last_lines(log)}\n  log: {log}")


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
