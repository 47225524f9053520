"""The operator as a process of its own, which can be killed, stopped and started again."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.reliability.control_plane import REPOSITORY, free_port, kubeconfig

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


class OperatorProcess:
    """`python -m loadlab` against an API server or the proxy before it."""

    def __init__(
        self, url: str, folder: Path, *, identity: str = "operator-0", **environment: str
    ) -> None:
        self.folder = folder / identity
        self.folder.mkdir()
        self.port = free_port()
        self.starts = 0
        (self.folder / "kubeconfig").write_text(kubeconfig(url))
        self._environment = os.environ | {
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "LOADLAB_HEALTH_PORT": str(self.port),
            "LOADLAB_IDENTITY": identity,
            "PYTHONPATH": str(REPOSITORY / "operator"),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "loadlab"],
                env=self._environment,
                cwd=self.folder,
                stdout=output,
                stderr=output,
            )

    def kill(self) -> None:
        """`kill -9`; it is gone when this returns."""
        self._end(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM, as a kubelet sends it, and wait."""
        self._end(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def breakdowns(self) -> list[str]:
        """What it wrote about errors that are faults of its own."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if "pass broke" in line or line.startswith("Traceback")]

    def resident_mebibytes(self) -> float:
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * PAGE / 2**20

    def cpu_seconds(self) -> float:
        """CPU time since its start, which others on the machine do not lengthen much."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def health_seconds(self) -> float:
        """How long /healthz takes to say that all is well; inf where it says otherwise."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        began = time.monotonic()
        try:
            with opener.open(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
                answer.read()
        except (OSError, urllib.error.URLError):
            return float("inf")
        return time.monotonic() - began

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
