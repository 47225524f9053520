"""Test 14: an experiment of a thousand trials, and what of it stays where."""

import json

import pytest

from tests.reliability.site import SIX_TRIALS, Json, Site

pytestmark = pytest.mark.reliability
COUNT = 1000
THOUSAND: Json = SIX_TRIALS | {
    "factors": {"workers": [1], "virtualUsers": [10], "poolSize": list(range(1, 21))},
    "replicates": 25,
    "maxTrials": COUNT,
    "timeouts": {"total": "2h"},
}


async def test_a_thousand_trials(site: Site, measured):
    await site.submit("thousand", THOUSAND)
    await site.finished("thousand", 3000)

    body, trials = await site.experiment("thousand"), await site.trials("thousand")

    own = size(body)
    etcd = sum(map(size, trials)) + own
    whole = sum("measurement" in trial["status"] for trial in trials)
    resident = site.operator.resident_mebibytes()
    measured(
        14,
        f"{len(trials)} trials, {whole} with their measurement; "
        f"the experiment {own / 1024:.0f} KiB, all {etcd / 2**20:.1f} MiB; "
        f"the operator {resident:.0f} MiB",
    )
    assert len(trials) == whole == COUNT
    assert own <= 64 * 1024
    assert etcd <= 16 * 2**20
    assert resident <= 150


def size(item: Json) -> int:
    """Bytes as etcd holds them, without the field managers that it holds besides."""
    return len(json.dumps(item, separators=(",", ":")).encode())
