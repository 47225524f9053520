"""`python -m loadlab_services.generators wrk`: one pod of a trial's load."""

import argparse
import os
import sys

from loadlab_services.generators.contract import ConfigurationError, Lines, read_trial
from loadlab_services.generators.hey import Hey
from loadlab_services.generators.locust import Locust, LocustHttp
from loadlab_services.generators.run import BAD_CONFIGURATION, MakeTool, Options, run_trial
from loadlab_services.generators.wrk import Wrk

TOOLS: dict[str, MakeTool] = {"wrk": Wrk, "hey": Hey, "locust": Locust, "locust-http": LocustHttp}


def main() -> int:
    """Make one pod's share of the load; the exit code tells how it ended."""
    parser = argparse.ArgumentParser(prog="loadlab_services.generators")
    parser.add_argument("tool", choices=sorted(TOOLS))
    parser.add_argument("--threads", type=int, default=0, help="of wrk; 0 for as many as CPUs")
    given = parser.parse_args()
    lines = Lines.taking_token(os.environ)
    try:
        trial = read_trial(os.environ)
        tool = TOOLS[given.tool](trial, Options(given.threads))
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_CONFIGURATION
    return run_trial(tool, trial, lines)


if __name__ == "__main__":
    sys.exit(main())
