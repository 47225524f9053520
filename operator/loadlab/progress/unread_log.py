"""A run that is over and whose log nobody can read: its node may be gone, or out of reach."""

from dataclasses import replace

from loadlab.model.status.conditions import Reason
from loadlab.plan import Plan
from loadlab.progress.attempts import after_failure
from loadlab.progress.conditions import AT_ONCE
from loadlab.progress.decision import Announce, Collect, CollectEvidence, Decision, Failure
from loadlab.progress.failed_pass import UNANSWERED_FOR, is_given_up
from loadlab.progress.observed import Observed
from loadlab.progress.trials import has_results


def give_up_unread(
    plan: Plan, observed: Observed, decision: Decision, error: str, now: float
) -> Decision | None:
    """Return the verdict on a run that can't be collected; None while it may be answered yet.

    It is repeated where others could be read: another node may do. Where none was, none will be.
    """
    collect = next((each for each in decision.actions if isinstance(each, Collect)), None)
    if collect is None or not is_given_up(plan.context.experiment.status, now):
        return None
    message = f"its log could not be read for {UNANSWERED_FOR:.0f} s: {error}"
    failure = Failure(Reason.NOT_ANSWERED, message, ends_experiment=not has_results(observed))
    attempts, role = plan.attempts(collect.trial), collect.trial.role
    verdict = after_failure(collect.status, failure, attempts, role)
    run = collect.trial.run(collect.status.attempt).name
    actions = (
        CollectEvidence(collect.trial.name, verdict, collect.witnesses),
        Announce(failure.reason, f"{run}: {message}", warning=True),
    )
    return replace(decision, actions=actions, requeue_after=AT_ONCE)
