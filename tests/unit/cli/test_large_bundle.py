"""A bundle of the largest experiment is small, soon there, and within what is read."""

import time
from pathlib import Path

from loadlab.cli.bundle import archive
from loadlab.cli.bundle.contents import bundle
from loadlab.cli.bundle.source import BundleSource
from tests.unit.report.examples import full, row, trial


def test_a_hundred_cells_of_ten_replicates(tmp_path: Path) -> None:
    experiment, _ = full()
    cells = [row(f"v{n}", w, 400 + 90 * w + n) for n in range(5) for w in range(1, 21)]
    experiment["status"]["results"] = cells
    trials = [
        trial(10 * place + n, each["cell"], each["requestsPerSecond"]["mean"])
        for place, each in enumerate(cells)
        for n in range(1, 11)
    ]

    started = time.process_time()
    found = bundle(experiment, trials)
    file = tmp_path / "wells.tar.gz"
    file.write_bytes(found.packed)
    read = BundleSource.open(file)
    seconds = time.process_time() - started

    assert len(read.trials("wells")) == 1000
    assert len(found.packed) < 5_000_000
    assert found.files < archive.MOST_FILES / 2
    assert seconds < 10
    # A LoadTrial may hold 64 KiB, and there may be a thousand of them.
    assert archive.MOST_BYTES / 1.9 > 1000 * 64 * 2**10
