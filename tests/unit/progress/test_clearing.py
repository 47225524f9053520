"""What makes pods goes by our hand; the pods go with it."""

import pytest

from loadlab.base.names import Component
from loadlab.progress.clearing import clear_all, clear_runs
from loadlab.progress.decision import Remove
from loadlab.progress.observed import JobView, Observed, PodView, Reference

RUN = "exp-1a2b3c-001-a1"
JOB = JobView(reference=Reference("Job", "j", "uid-1"), component=Component.K6, run=RUN)
POD = PodView(
    reference=Reference("Pod", "p", "uid-2"), component=Component.K6, run=RUN, phase="Running"
)


def test_a_job_is_removed_and_its_pod_left_to_it() -> None:
    observed = Observed(jobs=(JOB,), pods=(POD,))

    assert (
        clear_all(observed)
        == clear_runs(observed, keep="", is_running=False)
        == (Remove((JOB.reference,)),)
    )
    assert clear_runs(observed, keep=RUN, is_running=True) == ()


@pytest.mark.parametrize("observed", [Observed(pods=(POD,)), Observed(departing=(POD,))])
def test_a_pod_is_awaited_and_never_removed(observed: Observed) -> None:
    assert clear_all(observed) == ()
    assert observed.runs() == {RUN}
