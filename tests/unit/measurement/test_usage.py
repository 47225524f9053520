"""What a component does not tell stays unknown; the rest of it counts."""

import pytest

from loadlab.measurement.documents import Snapshot
from loadlab.measurement.usage import RequestCounts, measure_components

COUNTS = RequestCounts(seconds=10, client=1000, server=1000)


def edge(name: str, taken_at: float, **postgres: float) -> Snapshot:
    components = {"postgres": postgres}
    errors = {"postgres CPU and memory": "unknown: the database is not the experiment's own"}
    return Snapshot.model_validate(
        {"edge": name, "takenAt": taken_at, "components": components, "errors": errors}
    )


def test_an_existing_database_has_counters_and_no_cpu():
    start, end = edge("start", 1.0, transactions=5), edge("end", 11.0, transactions=1005)

    usage = measure_components(start, end, COUNTS)["postgres"]

    assert usage.cpu_micros_per_request is None
    assert usage.memory_bytes is None
    assert not usage.restarted
    assert end.components["postgres"].transactions == 1005


@pytest.mark.parametrize(
    ("before", "after"), [({}, {"cpuSeconds": 3.0}), ({"cpuSeconds": 2.0}, {})]
)
def test_cpu_that_one_edge_does_not_know_is_unknown_and_no_restart(before, after):
    start, end = edge("start", 1.0, **before), edge("end", 11.0, **after)

    usage = measure_components(start, end, COUNTS)["postgres"]

    assert (usage.cpu_micros_per_request, usage.restarted) == (None, False)
