"""Two k6 processes, each with half of the load, give exactly what one would have given."""

import json
import time
from collections import Counter
from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram

pytestmark = pytest.mark.integration


def raw_durations_us(path: Path) -> list[int]:
    """Read every http_req_duration of the measurement from k6's own JSON output."""
    found = []
    for line in path.read_text().splitlines():
        point = json.loads(line)
        if point.get("metric") != "http_req_duration" or point["type"] != "Point":
            continue
        if point["data"]["tags"].get("scenario") == "measure":
            nanoseconds = round(point["data"]["value"] * 1e6)
            found.append(max((nanoseconds + 500) // 1000, 1))
    return found


def buckets(histogram: HdrHistogram) -> Counter[int]:
    return Counter(
        {
            item.value_iterated_to: item.count_at_value_iterated_to
            for item in histogram.get_recorded_iterator()
        }
    )


def percentile(values: list[int], p: float) -> int:
    # The rank as HdrHistogram rounds it: in a thin tail the next sample can be 1 % away.
    rank = max(int(p / 100 * len(values) + 0.5), 1)
    return sorted(values)[rank - 1]


@pytest.fixture
def two_pods(lab):
    config = lab.configure(
        pods=2, executor="constant-arrival-rate", rate=401, warmupMs=2000, durationMs=4000
    )
    raw = [lab.folder / f"raw-{pod}.json" for pod in range(2)]
    running = []
    for pod in range(2):
        running.append(lab.start("--out", f"json={raw[pod]}", config=config, pod=pod))
        if pod == 0:
            time.sleep(1.5)  # the second pod's node was slower
    ended = [lab.end(process) for process in running]
    assert [e.code for e in ended] == [0, 0], [e.stderr for e in ended]
    return ended, [raw_durations_us(path) for path in raw]


def test_two_segments_are_one_run(two_pods, server):
    ended, raw = two_pods
    measures = [e.document["scenarios"]["measure"] for e in ended]

    pooled, merged = HdrHistogram(1, 120_000_000, 3), HdrHistogram(1, 120_000_000, 3)
    for value in raw[0] + raw[1]:
        pooled.record_value(value)
    for measure in measures:
        for split in measure["splits"]:
            merged.add(HdrHistogram.decode(split["http_req_duration"]["hdr"]))
    assert merged.get_total_count() == sum(m["requests"] for m in measures) == len(raw[0] + raw[1])
    assert buckets(merged) == buckets(pooled)
    for p in (50, 95, 99):
        exact = percentile(raw[0] + raw[1], p)
        assert merged.get_value_at_percentile(p) == pytest.approx(exact, rel=0.003, abs=1)

    assert len(set(server.ids)) == len(server.ids)
    counters = [e.document["counters"] for e in ended]
    # On a busy machine answers come after the warm-up's end: such iterations are cut, and say so.
    cut = sum(s["interruptedIterations"] for e in ended for s in e.document["scenarios"].values())
    assert 0 <= len(server.ids) - sum(c["accepted"] for c in counters) <= cut
    if not cut:
        assert sum(c["accepted_id_sum"] for c in counters) == sum(server.ids)
        mixed = sum(i * 48271 % 2147483647 for i in server.ids)
        assert sum(c["accepted_id_mix"] for c in counters) == mixed

    assert [len(e.lines("loadlab_snapshot")) for e in ended] in ([3, 0], [1, 2])
    assert sorted(f["pod"] for f in server.finished) == [0, 1]
    assert [e.document["segment"] for e in ended] == ["0:1/2", "1/2:1"]


@pytest.mark.measured
def test_two_segments_start_together_and_keep_the_rate(two_pods):
    ended, raw = two_pods
    first, second = (e.document["scenarios"]["measure"]["firstSampleUs"] for e in ended)
    print(f"first samples {abs(first - second) / 1000:.1f} ms apart")
    assert abs(first - second) < 50_000
    assert len(raw[0] + raw[1]) == pytest.approx(401 * 4, abs=2)


def test_ids_are_unique_over_pods_that_run_at_their_own_pace(lab, server):
    config = lab.configure(pods=3, virtualUsers=5, warmupMs=1400)
    ended = [lab.end(p) for p in [lab.start(config=config, pod=pod) for pod in range(3)]]
    assert [e.code for e in ended] == [0, 0, 0], [e.stderr for e in ended]
    segments = [(e.document["segment"], e.document["sequence"]) for e in ended]
    assert segments == [(s, "0,1/3,2/3,1") for s in ("0:1/3", "1/3:2/3", "2/3:1")]
    assert len(server.ids) == len(set(server.ids))
    assert sum(e.document["counters"]["accepted_id_sum"] for e in ended) == sum(server.ids)
