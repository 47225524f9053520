"""Runs long tests part by part, each within a limit, and ends in the table of what was measured."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.measured_table import MeasuredTable

REPOSITORY = Path(__file__).resolve().parents[1]
PART_SECONDS = 1200
Parts = Mapping[str, Sequence[str]]


def run_parts(parts: Parts, table: MeasuredTable, markers: str, arguments: Sequence[str]) -> int:
    """Run what is asked for, or all; 0 only if nothing failed."""
    chosen = [part for part in arguments if part] or list(parts)
    if unknown := set(chosen) - parts.keys():
        print(f"no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
        return 2
    failed = [part for part in chosen if not _run_part(part, parts[part], markers)]
    print(f"\n{table.build()}\n\n{table.results.relative_to(REPOSITORY)} holds the figures")
    print(f"failed: part {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def _run_part(part: str, files: Sequence[str], markers: str) -> bool:
    """Run one part's tests; whether they passed."""
    print(f"▸ part {part}: {', '.join(files)}", flush=True)
    path = os.pathsep.join(str(REPOSITORY / f) for f in ("operator", "services", "cluster"))
    limit = f"--timeout={PART_SECONDS}"  # of one test; that of the short forms is far below it
    command = [sys.executable, "-m", "pytest", "-q", "-s", limit, "-m", markers, *files]
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, check=False)
    return done.returncode == 0
