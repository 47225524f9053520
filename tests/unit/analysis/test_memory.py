"""The analysis of a whole sweep leaves room in the operator's memory, whose limit is 256 MiB."""

import json
import subprocess
import sys
from pathlib import Path

MOST_MIB = 150
WELLS = Path(__file__).with_name("wells_trials.py")


def test_a_sweep_of_wells_is_analysed_within_the_operators_memory() -> None:
    done = subprocess.run(
        [sys.executable, str(WELLS), "100"], capture_output=True, text=True, check=True
    )

    found = json.loads(done.stdout)

    assert (found["trials"], found["rows"]) == (100, 20)
    assert found["peakMiB"] <= MOST_MIB
