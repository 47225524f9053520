"""Of pods only those go by our hand that nothing is left to take along."""

from loadlab.base.names import Component
from loadlab.progress.clearing import clear_all, clear_runs
from loadlab.progress.decision import Remove
from loadlab.progress.observed import Observed, PodView, Reference

STRAY = Reference("Pod", "stray", "uid-1")


def pod(*, controlled: bool) -> PodView:
    return PodView(
        reference=STRAY,
        component=Component.K6,
        run="exp-1a2b3c-001-a1",
        phase="Running",
        controlled=controlled,
    )


def test_a_pod_without_a_controller_is_removed() -> None:
    observed = Observed(pods=(pod(controlled=False),))

    assert clear_all(observed) == clear_runs(observed, keep="") == (Remove((STRAY,)),)


def test_a_pod_under_somebody_elses_controller_is_left_to_it() -> None:
    observed = Observed(pods=(pod(controlled=True),))

    assert clear_all(observed) == clear_runs(observed, keep="") == ()
