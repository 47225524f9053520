"""What a test's claim rests on beside the product: measured, printed, and a skip where it fails."""

import pytest

from tests.e2e.cluster_tools import Lab
from tests.e2e.containers import operator
from tests.manifests import Json

BUSY_LIMIT = 0.5  # CPUs: what a control plane takes of a node without a trial stays below


class QuietNode:
    """How many of the node's CPUs are busy without a trial: read before one, and after it."""

    def __init__(self) -> None:
        self.before = operator().node_busy_cpus()

    def require(self) -> None:
        """Skip the rest of the test where others keep the node busy: they limit trials, too."""
        after = operator().node_busy_cpus()
        text = f"{self.before:.2f} CPUs of the node were busy before, {after:.2f} after"
        print(text)
        if max(self.before, after) > BUSY_LIMIT:
            pytest.skip(f"the premise fails: {text}, without any trial; bound {BUSY_LIMIT}")


def measure(lab: Lab, name: str, seconds: int, **spec: object) -> tuple[Json, QuietNode]:
    """Run an experiment to its end, once; tell also how busy the node was before."""
    lab.delete(name)
    node = QuietNode()
    lab.submit(name, **spec)
    return lab.wait(name, seconds), node
