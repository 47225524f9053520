"""Several requests in one trial: shares, load beside the load, cache answers, freshness."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration
READ: dict[str, Any] = {"name": "read", "method": "GET", "path": "/items", "headers": {},
                        "body": None, "weight": 80, "writes": False}  # fmt: skip
WRITE = READ | {"name": "write", "method": "POST", "weight": 20, "writes": True,
                "body": '{"name":"item-${request_id}"}'}  # fmt: skip
PING = READ | {"name": "ping", "path": "/ping"}


def test_requests_come_in_their_shares_and_only_writes_are_accepted(lab, server):
    config = lab.configure(extra={"requests": [READ, WRITE], "tellsCache": True}, durationMs=1500)
    document = lab.run(config=config).document

    measure = document["scenarios"]["measure"]
    counts = {split["name"]: split["requests"] for split in measure["splits"]}
    assert counts.keys() == {"read", "write"}
    assert counts["write"] == pytest.approx(0.2 * measure["requests"], rel=0.2)
    assert document["counters"]["accepted"] == counts["write"] == len(server.ids)
    assert document["counters"]["accepted_id_sum"] == sum(server.ids)
    trends = document["trends"]
    assert trends["cache_hit"]["count"] + trends["cache_miss"]["count"] == counts["read"]


@pytest.mark.measured
def test_light_requests_keep_their_rate_beside_the_load(lab):
    side = {"request": PING, "perSecond": 20}
    document = lab.run(config=lab.configure(extra={"side": side}, durationMs=2000)).document

    beside = document["scenarios"]["side"]
    assert beside["requests"] == pytest.approx(40, abs=2)
    assert [split["name"] for split in beside["splits"]] == ["ping"]


@pytest.mark.parametrize(("stale_seconds", "stale"), [(0.0, False), (0.3, True)])
def test_a_writer_looks_how_stale_its_reads_are(lab, server, stale_seconds, stale):
    server.stale_seconds = stale_seconds
    probe = {"write": WRITE, "read": READ, "everyMs": 100, "boundMs": 100}
    ended = lab.run(config=lab.configure(extra={"freshness": probe}, durationMs=1500))

    (seen,) = ended.lines("loadlab_freshness")
    assert seen["writes"] >= 3
    assert seen["unseen"] == 0
    assert (seen["stale"] > 0) == stale
    assert seen["worstMs"] <= 1000 * stale_seconds + 50
    assert (seen["worstMs"] > 100) == stale
    probed = [i for i in server.ids if i >= 2_000_000_000]
    assert len(probed) == seen["writes"]
    assert ended.document["counters"]["accepted"] == len(server.ids)
