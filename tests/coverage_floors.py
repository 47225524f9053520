"""Branch coverage by package, from a report of coverage.py, held against a floor.

    make coverage

The floors lie two points below what was measured when they were set: they are raised when tests
are added, and never lowered without a reason in the commit. What only runs in a pod, on a cluster
or as root has its tests in the other layers, which are not counted here.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

FLOORS = {"loadlab": 95.0, "loadlab_services": 60.0, "loadlab_cluster": 54.0}  # percent
KEYS = ("num_statements", "covered_lines", "num_branches", "covered_branches")


def totals_by_package(report: dict[str, Any]) -> dict[str, dict[str, int]]:
    """The sums of each package, by the folder that bears its name."""
    totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(KEYS, 0))
    for file, found in report["files"].items():
        parts = Path(file).parts  # a test may add a file of its own elsewhere
        for package in FLOORS.keys() & set(parts):
            for key in KEYS:
                totals[package][key] += found["summary"][key]
    return dict(totals)


def percent(total: dict[str, int]) -> float:
    """Lines and branches together, as coverage.py adds them up."""
    covered = total["covered_lines"] + total["covered_branches"]
    return 100 * covered / (total["num_statements"] + total["num_branches"])


def main(report: str) -> int:
    """Print a row for each package; 1 where one lies below its floor, or is missing."""
    totals = totals_by_package(json.loads(Path(report).read_text()))
    print(f"{'package':<20}{'lines':>8}{'branches':>10}{'covered':>10}{'floor':>8}")
    for package, total in totals.items():
        line = f"{package:<20}{total['num_statements']:>8}{total['num_branches']:>10}"
        print(f"{line}{percent(total):>9.1f}%{FLOORS[package]:>7.1f}%")
    low = [name for name, floor in FLOORS.items() if percent(totals[name]) < floor]
    if low:
        print(f"below its floor: {', '.join(low)}; test what was added, or see `coverage html`")
    return int(bool(low))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
