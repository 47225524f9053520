"""The numbers that requests bear begin where the trial says, and what is drawn is the same."""

import pytest

from tests.generators.test_real_tools import drawn
from tests.manifests import Json

pytestmark = pytest.mark.integration
IDS: Json = {"experiment": "0123456789", "measure": 7_000_001, "warmup": 9_000_001}
MOST = 1_000_000  # more than are sent here


def test_numbers_are_the_trials_own_and_values_are_those_of_every_trial(lab, server):
    request = {"headers": {"X-Experiment": "${experiment_id}"}, "writes": False}
    config = lab.configure(request=request, extra={"ids": IDS}, warmupMs=1500, durationMs=1000)

    ended = lab.run(config=config)

    assert ended.code == 0, ended.stderr
    measured = [i - 7_000_000 for i in server.ids if i < 7_000_001 + MOST]
    warm = [i - 9_000_001 for i in server.ids if i >= 9_000_001]
    assert len(measured) + len(warm) == len(server.ids) == len(set(server.ids))
    assert min(measured) == 1
    assert min(warm) == 0
    assert {headers["x-experiment"] for headers in server.headers} == {"0123456789"}
    numbers = {7_000_000 + n: n for n in measured} | {9_000_001 + n: 10**9 + n for n in warm}
    users = {i: drawn(n, "user_id", 1, 10000) for i, n in numbers.items()}
    assert server.users == users
