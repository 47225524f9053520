"""What the histogram output costs the generator, in CPU per request."""

import resource
from statistics import median

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.measured]


def microseconds_per_request(lab, *, out: bool) -> float:
    lab.server.ids, lab.server._barriers = [], {}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = lab.run(config=lab.configure(virtualUsers=16, durationMs=2000), out=out)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.code == 0, ended.stderr
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used / len(lab.server.ids) * 1e6


def test_the_output_is_a_small_part_of_the_cost(lab, capsys):
    rounds = [
        (microseconds_per_request(lab, out=False), microseconds_per_request(lab, out=True))
        for _ in range(3)
    ]
    without, with_output = (median(side) for side in zip(*rounds, strict=True))
    with capsys.disabled():
        print(f"\nk6: {without:.0f} us CPU/request, with the output {with_output:.0f}")
    # k6's own JSON output doubles the cost.
    assert with_output < 1.5 * without
