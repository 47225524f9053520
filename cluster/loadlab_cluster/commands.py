"""Starts programs: with their output in a log, or returned."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from threading import Timer

from loadlab_cluster.errors import ClusterError, CommandError, NoAnswerError
from loadlab_cluster.settings import REPOSITORY

Argument = str | Path
# For what is asked, not done: no answer takes as long, so something is stopped, or in its way.
ANSWER_SECONDS = 60.0
WORK_SECONDS = 1800.0  # for what resolves, fetches, compresses or removes by the hundred


def run_logged(
    command: Sequence[Argument],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a program with its output appended to `log`; raise with the log's end if it fails."""
    _refuse_missing(command, env)
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


def run_shown(command: Sequence[Argument], *, env: Mapping[str, str]) -> int:
    """Run a program whose output is for the person at the terminal; return its exit code."""
    _refuse_missing(command, env)
    return subprocess.run(command, env={**os.environ, **env}, check=False).returncode


def read_output(
    command: Sequence[Argument], *, text: str | None = None, seconds: float = ANSWER_SECONDS
) -> str:
    """Run a program, give it `text` on its standard input, return what it prints.

    Raises NoAnswerError after `seconds`; what builds or fetches something is given more of them.
    """
    _refuse_missing(command)
    done = _ask(command, text or "", seconds)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise ClusterError(f"{_short(command)} ended with {done.returncode}: {said[-2000:]}")
    return done.stdout


def read_lines(command: Sequence[Argument], seconds: float) -> Generator[str, None, None]:
    """Run a program and yield each line that it prints as it comes; it is ended after `seconds`.

    Raises ClusterError where it ends badly by itself.
    """
    _refuse_missing(command)
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as running,
    ):
        ending = Timer(seconds, running.kill)
        ending.start()
        try:
            yield from running.stdout or ()
            code = running.wait()
        finally:
            is_late = not ending.is_alive()
            ending.cancel()
            running.kill()  # also where nobody reads on
        if code and not is_late:
            errors.seek(0)
            said = errors.read().strip()
            raise ClusterError(f"{_short(command)} ended with {code}: {said[-2000:]}")


def run_with_input(command: Sequence[Argument], file: Path) -> None:
    """Run a program that reads a file on its standard input; what it prints does not matter."""
    _refuse_missing(command)
    with file.open("rb") as source:
        done = subprocess.run(command, stdin=source, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise ClusterError(f"{_short(command)} ended with {done.returncode}: {said[-2000:]}")


def succeeds(command: Sequence[Argument], *, seconds: float = ANSWER_SECONDS) -> bool:
    """Whether a program is there and ends well; raises NoAnswerError after `seconds`."""
    return bool(shutil.which(command[0])) and _ask(command, "", seconds).returncode == 0


def _ask(
    command: Sequence[Argument], text: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise NoAnswerError(_short(command), seconds) from error


def _refuse_missing(command: Sequence[Argument], env: Mapping[str, str] | None = None) -> None:
    """A program that is not there is no bug of ours: say which, and what would bring it."""
    program = Path(command[0])
    if shutil.which(program, path=(env or {}).get("PATH")):
        return
    if program.is_relative_to(REPOSITORY / ".state"):
        raise ClusterError(f"{program} is not there: bring a cluster up first, `make up`")
    if program.is_relative_to(REPOSITORY / ".venv"):
        raise ClusterError(f"{program} is not there: `make venv`")
    raise ClusterError(f"{program} is not installed, or not on the PATH: install it, then repeat")


def _short(command: Sequence[Argument]) -> str:
    words = [str(word) for word in command]
    return " ".join(words[:6]) + (" …" if len(words) > 6 else "")
