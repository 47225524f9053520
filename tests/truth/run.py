"""Holds the figures against what is known beforehand, on the cluster, and ends in a table.

    python tests/truth/run.py [PART]     one part of at most 20 minutes, or all of them

It puts this checkout's operator on the cluster (`make up` first). The machine must be otherwise
idle: what others do to figures is a part of its own.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.long_tests import run_parts
from tests.truth.table import TABLE

FOLDER = "tests/truth"
OF_GENERATORS = (
    "test_each_meets_a_fixed_delay",
    "test_each_meets_a_mixture",
    "test_each_counts_three_percent_of_errors_and_what_the_service_counts",
    "test_each_misses_the_stall_that_an_open_model_sees",
)
PARTS: dict[str, list[str]] = {
    "1": [f"{FOLDER}/test_known_answers.py"],
    "2": [f"{FOLDER}/test_known_costs.py"],
    "3": [f"{FOLDER}/test_same.py"],
    "4": [f"{FOLDER}/test_neighbour.py"],
    "5": [f"{FOLDER}/test_demo.py::test_on_a_calm_node"],
    "6": [f"{FOLDER}/test_demo.py::test_beside_a_build"],
    "7": [f"{FOLDER}/test_search.py"],
    "8": [f"{FOLDER}/test_queueing.py"],
    "9": [f"{FOLDER}/test_gate.py"],
    "10": [f"{FOLDER}/test_generators.py::{test}" for test in OF_GENERATORS[:3]],
    "11": [f"{FOLDER}/test_own_scripts.py"],
    "12": [f"{FOLDER}/test_broken_generators.py"],
    "13": [f"{FOLDER}/test_situations.py"],
    "14": [f"{FOLDER}/test_knee.py"],
    "15": [f"{FOLDER}/test_generators.py::{test}" for test in OF_GENERATORS[3:]],
    "16": [f"{FOLDER}/test_time_outs.py"],
}

if __name__ == "__main__":
    sys.exit(run_parts(PARTS, TABLE, "truth", sys.argv[1:]))
