"""A generator that gives up as the service is not ready: before any result nobody tries again."""

import json

import pytest

from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import Laboratory
from tests.reconcile.running_services import SPEC, with_running
from tests.reconcile.test_trouble import fault_in

SAID = (
    "exp-001-a1, pod 0: the service was not ready after 10000 ms of it: "
    "GET http://shop.lab.svc:80/healthz gave 404"
)


def never_ready(run: str, said: str = SAID) -> str:
    (*_, last) = generator_log(run=run).split("\n")
    document = json.loads(last)["loadlab_result"]
    document |= {"scenarios": {}, "error": said, "exit_code": 108}
    return json.dumps({"loadlab_result": document})


async def end_of(log_of, **spec: object) -> Laboratory:
    lab = with_running(lab=Laboratory(log_of=log_of))
    lab.submit(**SPEC | {"retry": {"attempts": 2}} | spec)
    await lab.run()
    return lab


async def test_before_any_result_it_ends_the_experiment_with_what_was_answered():
    lab = await end_of(never_ready, replicates=5)

    (trial,) = lab.trials().values()
    failed = lab.condition("Failed")
    assert (trial["status"]["attempt"], failed["reason"]) == (1, "NeverReady")
    assert "GET http://shop.lab.svc:80/healthz gave 404" in failed["message"]
    assert failed["message"].endswith("and readinessPath and https of variant mine")


async def test_a_service_that_has_served_before_is_asked_again():
    """Somebody may be rolling it out: it was good for the trial before."""
    runs: list[str] = []

    def log_of(run: str) -> str:
        runs.append(run)
        good = generator_log(run=run)
        return never_ready(run) if len(runs) == 2 else good

    lab = await end_of(log_of, replicates=2)

    first, second = lab.trials().values()
    assert [t["status"]["attempt"] for t in (first, second)] == [1, 2]
    (former,) = second["status"]["formerAttempts"]
    assert former["reason"] == "NoResult"
    assert "gave 404" in former["message"]


@pytest.mark.parametrize(
    "said", ["exp-001-a1, pod 0: the steward refused: POST http://x gave 503", "out of luck"]
)
async def test_another_end_is_tried_again(said):
    lab = await end_of(lambda run: never_ready(run, said), replicates=1)

    (trial,) = lab.trials().values()
    assert trial["status"]["attempt"] == 2


async def test_a_pod_that_is_not_ready_is_named_instead_of_the_request():
    """The operator gives it as long as the generator does, which may be the first to give up."""
    lab = Laboratory(log_of=never_ready)
    lab.submit(replicates=1, retry={"attempts": 2})

    lab.cluster.service_runs_already = True  # so that its generator does not wait for the pod
    lab.cluster.fault_of = fault_in("service", {"phase": "Running"})

    await lab.run(steps=80)

    failed = lab.condition("Failed")
    assert failed["reason"] == "NeverReady"
    assert "gave 404; not ready: service (its container on node node-1 has" in failed["message"]
