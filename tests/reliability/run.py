"""Runs the long forms of the twenty reliability tests part by part, and ends in their table.

    python tests/reliability/run.py [PART]     one part of at most 20 minutes, or all of them

SOAK_MINUTES says how long the soak is (15), FAULT_RUNS how many runs meet faults (40, or as many
as begin within 15 minutes), LOADLAB_DURABILITY_SECONDS how long stream and Celery are loaded under
kills (600), and LOADLAB_DURABILITY_RATE how many messages a second the stream is sent (1000). Part
11 needs the cluster (`make up`) and puts this checkout's operator there.
"""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from tests.reliability.table import RESULTS, build_table  # noqa: E402

FOLDER = "tests/reliability"
EACH_WRITE = f"{FOLDER}/test_kills.py::test_a_kill_after_each_write_changes_nothing"
PART_SECONDS = 1200
PARTS: dict[str, list[str]] = {
    "1": [f"{EACH_WRITE}[odd]"],
    "2": [f"{FOLDER}/test_faults.py"],
    "3": [f"{FOLDER}/test_outages.py", f"{FOLDER}/test_deletion.py"],
    "4": [f"{FOLDER}/test_two_operators.py", f"{FOLDER}/test_many.py", f"{FOLDER}/test_rights.py"],
    "5": [f"{FOLDER}/test_thousand_trials.py"],
    "6": [f"{FOLDER}/test_soak.py"],
    "7": [f"{FOLDER}/test_durability.py"],
    "8": [f"{FOLDER}/test_rolling.py"],
    "9": [
        f"{EACH_WRITE}[even]",
        f"{FOLDER}/test_kills.py::test_ten_random_restarts_in_twenty_trials",
    ],
    "10": [f"{FOLDER}/test_celery.py"],
    "11": [f"{FOLDER}/test_real_node.py"],
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
