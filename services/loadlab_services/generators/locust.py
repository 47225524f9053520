"""Locust: users of gevent in one process, with either of its two clients.

`FastHttpUser` is made for load, `HttpUser` is `requests`, which most locustfiles take. One process
uses one CPU: what more it could do takes more pods (load.parallelism).
"""

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from loadlab_services.generators.contract import ConfigurationError, Json, Trial
from loadlab_services.generators.document import Program
from loadlab_services.generators.outcome import Latencies, Outcome, Second
from loadlab_services.generators.run import (
    NO_OPTIONS,
    WARM_UP_SHARE,
    Options,
    tool_environment,
)
from loadlab_services.generators.stopping import held
from loadlab_services.generators.values import lua_text
from loadlab_services.generators.watched import ToolError, Usage, watching

READY_SECONDS = 60.0  # to import
PATIENCE_SECONDS = 30.0
GONE_SECONDS = 5.0
LATENCY = (
    "closed loop, as the users met it: from asking for a connection to the last byte, with what "
    "Locust itself and the users beside it take in its one process"
)
FOLLOWED = [301, 302, 303, 307, 308]


class Locust:
    """Runs one process of Locust for a trial: it imports before the load, and serves each phase."""

    user = "fast"

    def __init__(self, trial: Trial, options: Options = NO_OPTIONS) -> None:
        if options != NO_OPTIONS or trial.iterations:
            raise ConfigurationError("Locust has no threads or iterations to be told of")
        for text in trial.request.texts:
            lua_text(trial, text)  # refuses an unknown variable
        self._trial = trial
        self._child: subprocess.Popen[str] | None = None
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  # as long as the child
        self._answers: queue.Queue[str] = queue.Queue()

    def program(self) -> Program:
        """Say which program it is."""
        try:
            found = version("locust")
        except PackageNotFoundError:
            found = "unknown"
        return Program(f"locust {self.user}", found, LATENCY)

    def prepare(self) -> None:
        """Start the process, and wait until it has imported all."""
        with held():
            self._child = subprocess.Popen(
                [sys.executable, "-m", "loadlab_services.generators.locust_users"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env={**tool_environment(), "PYTHONPATH": ":".join(sys.path)},
                text=True,
            )
        threading.Thread(target=self._read_answers, daemon=True).start()
        if self._answer(READY_SECONDS).strip() != "ready":
            raise ToolError(f"Locust did not become ready{self._last_words()}")

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.kill()
            self._child.wait(GONE_SECONDS)
        self._said.close()

    def warm_up_seconds(self, seconds: float) -> float:
        """Return three quarters: the rest lets the last requests end."""
        return WARM_UP_SHARE * seconds

    def load(self, seconds: float, first_id: int) -> tuple[Outcome, Usage]:
        """Load for so many seconds, and until the last request under way has ended."""
        trial, child = self._trial, self._child
        if child is None or child.stdin is None:
            raise ToolError("Locust was not started")
        patience = seconds + trial.graceful_stop_ms / 1000 + PATIENCE_SECONDS
        with watching(child.pid) as watched:
            try:
                child.stdin.write(json.dumps(self._asked(seconds, first_id)) + "\n")
                child.stdin.flush()
            except OSError as error:
                raise ToolError(f"Locust is gone: {error}{self._last_words()}") from error
            line = self._answer(patience)
        if not line.startswith("{"):
            raise ToolError(f"Locust ended, or told nothing{self._last_words()}")
        try:
            told = json.loads(line)
        except ValueError as error:
            raise ToolError(f"Locust's answer cannot be read: {error}") from error
        outcome = read_told(told)
        wall = told["ended"] - told["began"]
        return outcome, watched.usage(told["cpuSeconds"], wall, cpus=1)

    def _asked(self, seconds: float, first_id: int) -> Json:
        trial, request = self._trial, self._trial.request
        return {
            "user": self.user,
            "target": trial.target,
            "seconds": seconds,
            "users": trial.users,
            "firstId": first_id + trial.pod,
            "step": trial.pods,
            "timeoutMs": trial.timeout_ms,
            "gracefulStopMs": trial.graceful_stop_ms,
            "failing": [] if trial.redirects == "Accept" else FOLLOWED,
            "variables": dict(trial.variables),
            "ids": asdict(trial.ids),
            "request": {
                "name": request.name,
                "method": request.method,
                "path": request.path,
                "headers": dict(request.headers),
                "body": request.body,
            },
        }

    def _read_answers(self) -> None:
        if self._child is not None and self._child.stdout is not None:
            for line in self._child.stdout:
                self._answers.put(line)
            self._answers.put("")  # it has ended

    def _answer(self, seconds: float) -> str:
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty as error:
            raise ToolError(f"Locust did not answer within {seconds:.0f} s") from error

    def _last_words(self) -> str:
        self._said.seek(0)
        return f": {self._said.read().strip()[-300:]}"


class LocustHttp(Locust):
    """The same with `HttpUser`."""

    user = "http"


def read_told(told: Mapping[str, Any]) -> Outcome:
    """Read what the process told.

    Raises:
        ToolError: it is not what it tells.
    """
    try:
        ended = float(told["ended"])
        float(told["cpuSeconds"])
        totals = {name: _counts(found) for name, found in told["totals"].items()}
        return Outcome(
            began=told["began"],
            first_answer=told["first"] or ended,
            ended=told["last"] or ended,
            statuses=_counts(told["statuses"]),
            latencies={name: Latencies(found, found) for name, found in totals.items()},
            without_answer=told["errors"],
            cut=told["cut"],
            bytes_received=told["received"],
            iterations=_counts(told["iterations"]),
            seconds={int(at): Second(*each) for at, each in told["seconds"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolError(f"Locust's answer cannot be read: {error!r}") from error


def _counts(found: Mapping[str, int]) -> dict[int, int]:
    return {int(value): number for value, number in found.items()}
