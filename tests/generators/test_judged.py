"""What the operator makes of a pod of each generator: the rules for k6, and no false alarm."""

import pytest

from loadlab.catalogue.generators import named
from loadlab.measurement.pod_log import read_pod_log
from loadlab.measurement.trial import VoidTrial, measure_trial
from loadlab.plan.expected import LoadFacts
from loadlab.validity.judge import judge
from loadlab.validity.judgement import ReasonKind
from tests.generators.conftest import LINE_TOKEN

pytestmark = [pytest.mark.integration, pytest.mark.measured]
DELAY = "/reference?delay_ms=20&request_id=1"
USERS, SECONDS = 16, 4
# What the stand-in for the steward does not show, and what a machine with other work may bring.
OF_THE_SURROUNDINGS = {
    ReasonKind.INSTRUMENTS_MISSING, ReasonKind.GENERATOR_SATURATED, ReasonKind.GENERATOR_PAUSED,
    ReasonKind.TOO_FEW_SAMPLES, ReasonKind.OTHERS_UNSEEN, ReasonKind.WORK_NOT_VERIFIED,
    ReasonKind.GROWING, ReasonKind.WARM_UP_COUNTED,
}  # fmt: skip


@pytest.mark.parametrize("tool", ["wrk", "hey", "locust", "locust-http"])
def test_a_healthy_load_is_measured_and_nothing_is_held_against_it(pods, reference, tool):
    pods.target = reference.url
    config = pods.configure(DELAY, load={"virtualUsers": USERS, "durationMs": SECONDS * 1000})
    report = read_pod_log("pod", pods.run(tool, config).stdout, token=LINE_TOKEN)
    waits = named(tool).facts.waits_at_end
    load = LoadFacts(
        open_model=False,
        virtual_users=USERS,
        duration_seconds=SECONDS,
        timeout_ms=5000,
        graceful_stop_ms=3000 if waits else 0,
        generator=tool,
    )
    trial = measure_trial([report], 1, load)

    assert not isinstance(trial, VoidTrial), trial
    kinds = {reason.kind for reason in judge(trial).reasons} - OF_THE_SURROUNDINGS
    assert kinds == {ReasonKind.OTHER_LATENCY}
    assert trial.latency_ms is not None
    assert trial.latency_ms.lower_bound_above is None
    assert trial.latency_ms.min >= 18  # a timer of uvloop is up to 1 ms early, as its clock ticks
    assert 100 < trial.requests_per_second <= USERS / 0.020
    assert trial.counts is None or trial.counts.client == pytest.approx(trial.requests, rel=0.02)
