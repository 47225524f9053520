"""What a test's claim rests on beside the product: measured, printed, and a skip where it fails."""

import time

import pytest

from tests.e2e.cluster_tools import Lab
from tests.e2e.containers import operator
from tests.manifests import Json

BUSY_LIMIT = 0.5  # CPUs: what a control plane takes of a node without a trial stays below
PATIENCE = 60  # seconds: what the test before left behind is over by then


class QuietNode:
    """How many of the node's CPUs are busy without a trial: read before one, and after it.

    What the hypervisor takes of them counts as busy: nobody here has it.
    """

    def __init__(self) -> None:
        self.before = await_calm()

    def require(self) -> None:
        """Skip the rest of the test where others keep the node busy: they limit trials, too."""
        after = operator().node_busy_cpus()
        text = f"{self.before:.2f} CPUs of the node were busy before, {after:.2f} after"
        print(text)
        if max(self.before, after) > BUSY_LIMIT:
            pytest.skip(f"the premise fails: {text}, without any trial; bound {BUSY_LIMIT}")


def await_calm() -> float:
    """Wait until the node is calm, but not for ever: how many of its CPUs are busy then."""
    deadline = time.monotonic() + PATIENCE
    while (busy := operator().node_busy_cpus()) > BUSY_LIMIT and time.monotonic() < deadline:
        time.sleep(2)
    return busy


def measure(lab: Lab, name: str, seconds: int, **spec: object) -> tuple[Json, QuietNode]:
    """Run an experiment to its end, once; tell also how busy the node was before."""
    lab.delete(name)
    node = QuietNode()
    lab.submit(name, **spec)
    return lab.wait(name, seconds), node
