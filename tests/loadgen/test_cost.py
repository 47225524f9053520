"""What outputs cost the generator, in CPU per request."""

import resource
from statistics import median

import pytest

from tests.loadgen.receiver import KINDS, output_to, planned, receiving

pytestmark = [pytest.mark.integration, pytest.mark.measured]


def microseconds_per_request(lab, *flags: str, out: bool = True, extra=None) -> float:
    lab.server.ids, lab.server._barriers = [], {}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    config = lab.configure(virtualUsers=16, durationMs=2000, extra=extra)
    ended = lab.run(*flags, config=config, out=out)
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


@pytest.mark.parametrize("kind", KINDS)
def test_an_output_of_k6s_own_has_the_price_that_is_told(lab, kind, monkeypatch, capsys):
    """As docs/how-to/k6-metrics-in-grafana.md tells it."""
    with receiving(200) as receiver:
        flags, told, tags = planned(output_to(receiver.address, kind))
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        rounds = [
            (
                microseconds_per_request(lab),
                microseconds_per_request(lab, *flags[1:], extra=tags),
            )
            for _ in range(3)
        ]
    without, with_output = (median(side) for side in zip(*rounds, strict=True))
    assert receiver.bodies
    with capsys.disabled():
        print(f"\nk6: {without:.0f} us CPU/request, with {kind} {with_output:.0f}")
    assert with_output < 2 * without
