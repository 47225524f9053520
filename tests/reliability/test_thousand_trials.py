"""Test 14: an experiment of a thousand trials, and what of it stays where."""

import asyncio
import json

import pytest

from tests.reliability.site import GROUP, NAMESPACE, SIX_TRIALS, Json, Site

COUNT = 1000
BUDGET = 16.0  # MiB of etcd
THOUSAND: Json = SIX_TRIALS | {
    "factors": {"workers": [1], "virtualUsers": [10], "poolSize": list(range(1, 21))},
    "replicates": 25,
    "maxTrials": COUNT,
    "timeouts": {"total": "2h"},
}


@pytest.mark.reliability
async def test_a_thousand_trials(site: Site, measured):
    site.kubelet.load_seconds = 0.05  # or they take longer than a part may
    empty = await asyncio.to_thread(site.plane.etcd.compact)
    await site.submit("thousand", THOUSAND)
    await site.finished("thousand", 3000)

    body, trials = await site.experiment("thousand"), await site.trials("thousand")

    own = size(body)
    share, peak = await share_of_etcd(site, empty)
    whole = sum("measurement" in trial["status"] for trial in trials)
    resident = site.operator.resident_mebibytes()
    measured(
        14,
        f"{len(trials)} trials, {whole} with their measurement; "
        f"the experiment {own / 1024:.0f} KiB; etcd {share:.1f} MiB compacted, its file "
        f"{peak:.1f} MiB before; the operator {resident:.0f} MiB",
    )
    assert len(trials) == whole == COUNT
    assert own <= 64 * 1024
    assert share <= BUDGET
    assert resident <= 150


@pytest.mark.integration
async def test_what_a_thousand_trials_take_of_etcd_follows_from_a_hundred(site: Site, measured):
    """They are copies of one that has run: what differs between trials is no longer than in it."""
    await site.submit("one", SIX_TRIALS | {"replicates": 1, "variants": [{"name": "async"}]})
    await site.finished("one", 90)
    (trial,) = await site.trials("one")
    empty = await asyncio.to_thread(site.plane.etcd.compact)
    copies = 100
    for number in range(copies):
        await copy_trial(site, trial, f"copy-{number:03d}")

    share, _ = await share_of_etcd(site, empty)

    thousand = share / copies * COUNT
    measured(14, f"etcd by {copies} copies of a trial: {thousand:.1f} MiB for {COUNT}")
    assert 0 < thousand <= BUDGET


async def share_of_etcd(site: Site, empty: float) -> tuple[float, float]:
    """Return by how much etcd has grown, in MiB: what stays, and its file as it was."""
    before = await asyncio.to_thread(site.plane.etcd.mebibytes)
    return await asyncio.to_thread(site.plane.etcd.compact) - empty, before


async def copy_trial(site: Site, trial: Json, name: str) -> None:
    place = f"{GROUP}/{NAMESPACE}/loadtrials"
    metadata = {"name": name, "labels": trial["metadata"]["labels"]}
    metadata |= {"ownerReferences": trial["metadata"]["ownerReferences"]}
    kind = {key: trial[key] for key in ("apiVersion", "kind", "spec")}
    await site.ask("POST", place, kind | {"metadata": metadata})
    status = {"status": trial["status"]}
    await site.ask("PATCH", f"{place}/{name}/status", status, "application/merge-patch+json")


def size(item: Json) -> int:
    """Bytes of an object; who wrote its fields, as the API server notes it, is etcd's share."""
    metadata = {key: each for key, each in item["metadata"].items() if key != "managedFields"}
    return len(json.dumps(item | {"metadata": metadata}, separators=(",", ":")).encode())
