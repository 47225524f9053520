"""Runs the long forms of the twenty reliability tests part by part, and ends in their table.

    python tests/reliability/run.py [PART]     one part of at most 20 minutes, or all of them

SOAK_MINUTES says how long the soak is (15), FAULT_RUNS how many runs meet faults (40, or as many
as begin within 15 minutes), LOADLAB_DURABILITY_SECONDS how long stream and Celery are loaded under
kills (600), and LOADLAB_DURABILITY_RATE how many messages a second the stream is sent (1000). Part
11 needs the cluster (`make up`) and puts this checkout's operator there.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.long_tests import run_parts
from tests.reliability.table import TABLE

FOLDER = "tests/reliability"
EACH_WRITE = f"{FOLDER}/test_kills.py::test_a_kill_after_each_write_changes_nothing"
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


if __name__ == "__main__":
    sys.exit(run_parts(PARTS, TABLE, "reliability", sys.argv[1:]))
