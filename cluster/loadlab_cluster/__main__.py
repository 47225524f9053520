"""Entry point of `python3 -m loadlab_cluster`."""

import sys

# Before what an older Python cannot read: of the program it gets to see this file alone.
if sys.version_info < (3, 11):  # noqa: UP036  it is what an older one is told
    sys.exit(
        f"error: python3 is {sys.version_info[0]}.{sys.version_info[1]}, and LoadLab needs 3.11 or "
        "later: install it, put it first on the PATH by the name python3, then repeat"
    )

from loadlab_cluster.cli import main

sys.exit(main(sys.argv[1:]))
