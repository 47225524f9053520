"""Runs the long forms of the twenty reliability tests part by part, and ends in their table.

    python tests/reliability/run.py [PART]     one part of at most 20 minutes, or all of them

SOAK_MINUTES says how long the soak is (15), FAULT_RUNS how many runs meet faults (40),
LOADLAB_DURABILITY_SECONDS how long the stream is loaded under kills (600), and
LOADLAB_DURABILITY_RATE how many messages a second it is sent (1000).
"""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from tests.reliability.table import RESULTS, build_table  # noqa: E402

FOLDER = "tests/reliability"
PART_SECONDS = 1200
PARTS: dict[str, list[str]] = {
    "1": [f"{FOLDER}/test_kills.py"],
    "2": [f"{FOLDER}/test_faults.py"],
    "3": [f"{FOLDER}/test_outages.py", f"{FOLDER}/test_deletion.py"],
    "4": [f"{FOLDER}/test_two_operators.py", f"{FOLDER}/test_many.py", f"{FOLDER}/test_rights.py"],
    "5": [f"{FOLDER}/test_thousand_trials.py"],
    "6": [f"{FOLDER}/test_soak.py"],
    "7": [f"{FOLDER}/test_durability.py"],
    "8": [f"{FOLDER}/test_rolling.py"],
}


def main(arguments: list[str]) -> int:
    """Run what is asked for; 0 only if nothing failed."""
    parts = [part for part in arguments if part] or list(PARTS)
    if unknown := set(parts) - PARTS.keys():
        print(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
        return 2
    failed = [part for part in parts if not run_part(part)]
    print(f"\n{build_table()}\n\n{RESULTS.relative_to(REPOSITORY)} holds the figures")
    print(f"failed: part {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def run_part(part: str) -> bool:
    """Run one part's tests; whether they passed."""
    files = PARTS[part]
    print(f"▸ part {part}: {', '.join(files)}", flush=True)
    path = os.pathsep.join(str(REPOSITORY / f) for f in ("operator", "services", "cluster"))
    limit = f"--timeout={PART_SECONDS}"  # of one test; that of the short forms is far below it
    command = [sys.executable, "-m", "pytest", "-q", "-s", limit, "-m", "reliability", *files]
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
