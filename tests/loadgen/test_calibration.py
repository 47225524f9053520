"""k6 against nothing: what it measures of itself, with the real binary."""

import pytest

from loadlab.measurement.documents import Scenario

pytestmark = pytest.mark.integration


def test_the_load_goes_to_a_server_of_its_own_and_then_as_fast_as_it_can(lab, server):
    config = lab.configure(
        executor="constant-arrival-rate",
        arrivals="Poisson",
        rate=200,
        virtualUsers=None,
        maxVirtualUsers=100,
        durationMs=2000,
    )

    ended = lab.run(config=config | {"calibration": {"users": 8, "durationMs": 1000}})

    assert ended.code == 0, ended.stderr
    measured, ceiling = (
        Scenario.model_validate(ended.document["scenarios"][name])
        for name in ("measure", "ceiling")
    )
    assert server.ids == []
    assert (measured.requests, measured.failed) == (400, 0)
    assert measured.status["2xx"] == 400
    assert ceiling.failed == 0
    assert ceiling.requests > 400  # a second of a closed loop: more than two of the calm rate
