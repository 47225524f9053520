"""Runs every sample as it is written, folder by folder, and ends in a table of what they came to.

    python tests/samples/run.py [PART]     own, generators, catalogue, questions, first or large
    pytest -m samples "tests/samples/test_every_sample.py::test_sample[own/script]"    one of them

It puts this checkout's operator on the cluster (`make up` first). The published claims are
`make published`; what needs two nodes needs `LOADLAB_KIND_WORKERS=2 CLUSTER=kind make up`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.long_tests import run_parts
from tests.samples.table import FOLDERS, SAMPLES, TABLE, folder_of

TEST = "tests/samples/test_every_sample.py::test_sample"
PARTS: dict[str, list[str]] = {
    part: [f"{TEST}[{sample}]" for sample in SAMPLES if folder_of(sample) == part]
    for part in FOLDERS
}

if __name__ == "__main__":
    sys.exit(run_parts(PARTS, TABLE, "samples", sys.argv[1:]))
