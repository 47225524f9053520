"""No pass holds the event loop: the probes' answers and the watches go on beside it."""

import time

import pytest

from loadlab.kube.api import Manifest
from tests.largest_spec import THOUSAND_CELLS
from tests.reconcile.laboratory import Laboratory
from tests.reconcile.turns import longest_turn

MOST_SECONDS = 0.25  # of 1 s within which a probe is to be answered
SIX = ("workers", "virtualUsers", "poolSize", "consumers", "payloadBytes", "writePercent")
LARGEST: dict[str, Manifest] = {
    "a thousand cells with twenty expectations": THOUSAND_CELLS,
    "exclusions that overlap": {
        "workload": "items",
        "variants": [{"name": "queued"}],
        "factors": {name: list(range(1, 21)) for name in SIX},
        "exclude": [
            {name: level, "writePercent": 1 + (level + place) % 20}
            for place, name in enumerate(SIX[:4])
            for level in range(1, 13)
        ],
    },
}


@pytest.mark.parametrize(
    ("spec", "phase"),
    list(zip(LARGEST.values(), ("Preparing", "Failed"), strict=True)),
    ids=LARGEST,
)
async def test_the_largest_spec_is_planned_beside_the_loop(spec, phase):
    lab = Laboratory()
    lab.submit(**spec, maxTrials=1000, replicates=1)

    longest = await longest_turn(lab.reconcile)

    assert lab.status()["phase"] == phase
    assert longest < MOST_SECONDS


async def test_what_holds_the_loop_is_seen():
    async def busy() -> None:
        until = time.thread_time() + 2 * MOST_SECONDS
        while time.thread_time() < until:
            pass

    assert await longest_turn(busy) >= 2 * MOST_SECONDS
