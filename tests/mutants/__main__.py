"""Breaks the pure functions of the analysis one by one, and looks whether a test notices.

Each mutant (see changes) runs in a fork of one pytest session that has collected the module's
tests, test_MODULE*.py and those that `held` names: no file is touched, and most mutants take a
tenth of a second.

mutmut 3.8 leaves out what is decorated (properties, `t_quantile`) and the values of a module, and
changes every text; cosmic-ray 8.7 rewrites files of the working tree and starts pytest anew for
each mutant, 3 s; mutatest 3.1 is no longer kept. So this is our own.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutants.held import MODULES
from tests.mutants.session import MutantSession, Outcome, test_files

OPTIONS = ("-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "--timeout=0", "--tb=native")
FOLDERS = ("tests/unit/analysis", "tests/unit/measurement", "tests/unit/validity")
_HEAD = ("module", "mutants", "killed", "equivalent", "survived", "seconds")


def main(arguments: Sequence[str]) -> int:
    """Print each mutant that no test notices, and a line for each module; 1 with any."""
    parser = argparse.ArgumentParser(prog="make mutants ONLY='…'", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", help=f"all, or some of: {', '.join(MODULES)}"
    )
    chosen = parser.parse_args(arguments).modules or list(MODULES)
    if unknown := [name for name in chosen if name not in MODULES]:
        parser.error(f"no such module: {', '.join(unknown)}")
    names = set().union(*map(test_files, chosen))
    files = [
        str(path) for folder in FOLDERS for path in Path(folder).iterdir() if path.name in names
    ]
    session = MutantSession(chosen)
    code = pytest.main([*OPTIONS, *sorted(files)], plugins=[session])
    return _told(session.outcomes) or int(code)


def _told(outcomes: Sequence[Outcome]) -> int:
    print("\n" + _line(_HEAD))
    for outcome in outcomes:
        counts = (outcome.killed, len(outcome.equivalent), len(outcome.survivors))
        print(_line((outcome.module, sum(counts), *counts, round(outcome.seconds))))
    for outcome in outcomes:
        for mutant in outcome.survivors:
            print(f"survived: {outcome.module} {mutant}")
        for key in outcome.mistaken:
            print(f"no equivalent, or none any more: {outcome.module} {key}")
    return int(any(one.survivors or one.mistaken for one in outcomes))


def _line(cells: Sequence[object]) -> str:
    first, *rest = cells
    return f"{first:<30}" + "".join(f"{cell:>12}" for cell in rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
