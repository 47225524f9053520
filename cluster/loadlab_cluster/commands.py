"""Starts programs: with their output in a log, or returned."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadlab_cluster.errors import ClusterError, CommandError

Argument = str | Path


def run_logged(
    command: Sequence[Argument],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a program with its output appended to `log`; raise with the log's end if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as output:
        output.write(f"$ {' '.join(map(str, command))}\n")
        output.flush()
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise CommandError(_short(command), done.returncode, log)


def read_output(command: Sequence[Argument], *, text: str | None = None) -> str:
    """Run a program, give it `text` on its standard input, return what it prints."""
    done = subprocess.run(command, input=text or "", capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise ClusterError(f"{_short(command)} ended with {done.returncode}: {said[-2000:]}")
    return done.stdout


def succeeds(command: Sequence[Argument]) -> bool:
    """Whether a program is there and ends well; what it prints does not matter."""
    if not shutil.which(command[0]):
        return False
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode == 0


def _short(command: Sequence[Argument]) -> str:
    words = [str(word) for word in command]
    return " ".join(words[:6]) + (" …" if len(words) > 6 else "")
