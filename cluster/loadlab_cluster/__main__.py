"""Entry point of `python3 -m loadlab_cluster`."""

import sys

from loadlab_cluster.cli import main

sys.exit(main(sys.argv[1:]))
