"""What a test's claim rests on beside the product: measured, printed, and a skip where it fails."""

from dataclasses import dataclass

import pytest
from cluster_tools import Json, Lab
from containers import operator

BUSY_LIMIT = 0.5  # CPUs: what a control plane takes of a node without a trial stays below


@dataclass(frozen=True)
class QuietNode:
    """How many of the node's CPUs were busy before and after a measurement, without a trial."""

    before: float
    after: float

    def require(self) -> None:
        """Skip the rest of the test where others kept the node busy: they limit the trials, too."""
        text = f"{self.before:.2f} CPUs of the node were busy before, {self.after:.2f} after"
        print(text)
        if max(self.before, self.after) > BUSY_LIMIT:
            pytest.skip(f"the premise fails: {text}, without any trial; bound {BUSY_LIMIT}")


def measure(lab: Lab, name: str, seconds: int, **spec: object) -> tuple[Json, QuietNode]:
    """Run an experiment to its end, once, and look how busy the node is without it."""
    lab.delete(name)
    before = operator().node_busy_cpus()
    lab.submit(name, **spec)
    status = lab.wait(name, seconds)
    return status, QuietNode(before, operator().node_busy_cpus())
