"""By how many requests service and generator may differ, of 10,000 a second for 30 s.

5 % of 300,000, half a second's 5,000, and those under way: as many as a rate has in the time of the
slowest but one in a hundred, and no more than there are users.
"""

from dataclasses import replace

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.request_counts import RequestCounts
from loadlab.validity.instruments import counts_apart

AT_A_RATE = {"open_model": True, "rate_per_second": 10_000.0}
OF_A_SCRIPT = {"open_model": False, "rate_per_second": None, "own_scenarios": True}


@pytest.mark.parametrize(
    ("planned", "answered_in_us", "under_way"),
    [
        (AT_A_RATE, 100_000, 1_000),
        (AT_A_RATE, 10_000_000, 24_000),  # users of a rate: those of 2.4 s
        (AT_A_RATE, None, 0),
        (OF_A_SCRIPT, 100_000, 1_000),
    ],
    ids=["by the time", "by the users", "none answered", "users unknown"],
)
def test_those_under_way_at_the_edges_may_differ(healthy, planned, answered_in_us, under_way):
    latency = Histogram.of([answered_in_us] * 1000) if answered_in_us else Histogram()
    trial = replace(
        healthy,
        load=replace(healthy.load, virtual_users=0, **planned),
        counts=RequestCounts(seconds=30.0, client=300_000, server=0),
        latency=latency,
    )

    (reason,) = counts_apart(trial)

    assert f"bound ±{15_000 + 5_000 + under_way}: " in reason.message
