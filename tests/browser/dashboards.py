"""`loadlab dashboard` as a process of its own, against an API server that a test moves."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.unit.cli.api_server import kubeconfig_for
from tests.unit.cli.dashboard.live_api import LiveApi, serve_live


@dataclass
class Running:
    """A dashboard, and the cluster that it shows."""

    address: str
    process: subprocess.Popen[str]
    api: LiveApi
    _loop: asyncio.AbstractEventLoop

    def move(self, change: Callable[[LiveApi], object]) -> None:
        """Change the cluster, in the thread where it lives."""
        done = threading.Event()

        def do() -> None:
            change(self.api)
            done.set()

        self._loop.call_soon_threadsafe(do)
        assert done.wait(10)

    def said(self) -> str:
        """Return the next line that it prints."""
        assert self.process.stdout
        return self.process.stdout.readline()

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal, and return the exit code with what was printed."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@contextmanager
def dashboard(folder: Path, *options: str) -> Iterator[Running]:
    """Yield one that listens, on any port that is free."""
    with _api() as (api, loop):
        config = folder / "kubeconfig"
        config.write_text(json.dumps(kubeconfig_for(api.url)))
        program = "from loadlab.cli import main; main()"
        command = [sys.executable, "-c", program, "dashboard", "--no-open", "--port", "0"]
        with subprocess.Popen(
            [*command, "--kubeconfig", str(config), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        ) as process:
            assert process.stdout
            address = process.stdout.readline().split("  ")[0].strip()
            if not address:
                raise AssertionError(process.communicate(timeout=30)[1])
            try:
                yield Running(address, process, api, loop)
            finally:
                process.kill()


@contextmanager
def _api() -> Iterator[tuple[LiveApi, asyncio.AbstractEventLoop]]:
    loop, listening, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    found: list[LiveApi] = []

    async def serve() -> None:
        async with serve_live() as api:
            found.append(api)
            listening.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert listening.wait(20)
    try:
        yield found[0], loop
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(20)
        loop.close()
