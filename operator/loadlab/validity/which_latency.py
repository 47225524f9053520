"""Which latency it is: one of a generator's own is said; what mixes or leaves out is in doubt."""

from collections.abc import Iterator
from dataclasses import replace

from loadlab.measurement.latency import Latency, Unanswered
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity import bounds
from loadlab.validity.judgement import Family, Reason, ReasonKind, invalid, remark, suspect


def unanswered(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say which percentiles are the time-out: nobody knows how long those answers would take."""
    waited = replace(trial.without_answer, cut=0)
    names = _lower_bounds(trial, waited)
    if not names or not trial.latency.count:
        return
    message = (
        f"{waited.requests} of {trial.requests} requests had no answer within "
        f"{waited.after_ms:,.0f} ms: "
    )
    own = max(trial.generator.sched_wait_p99_ms, 1000 * trial.generator.longest_pause_seconds)
    if own > bounds.GENERATOR_DELAY_SHARE * waited.after_ms:
        yield invalid(
            ReasonKind.UNANSWERED,
            f"{message}{trial.load.generator} itself stood still or waited for a CPU for "
            f"{own:,.0f} ms: it may not have seen them in time; less "
            "other work, or more spec.resources.k6, helps",
        )
    else:
        longer = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} longer than that"
        yield suspect(ReasonKind.UNANSWERED, message + longer, Family.SERVICE)


def cut_off(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say which percentiles lie where requests were cut off: the longer one takes, the likelier."""
    cut, answers = trial.without_answer.cut, trial.latency.count
    names = _lower_bounds(trial, Unanswered(cut=cut))
    if names and answers:
        yield suspect(
            ReasonKind.UNANSWERED,
            f"{cut} of {trial.requests + cut} requests were under way when the load ended, and cut "
            f"off: {', '.join(names)} may be longer; a longer load has fewer of them",
        )


def _lower_bounds(trial: TrialMeasurement, missing: Unanswered) -> list[str]:
    found = Latency(trial.latency, missing)
    return [f"p{p:g}" for p in bounds.REPORTED_PERCENTILES if found.is_lower_bound(p)]


def which_latency(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say what a latency is that is not k6's, and whether failed answers are in it."""
    program = trial.program
    if program is None or not program.latency:
        return
    yield remark(ReasonKind.OTHER_LATENCY, f"latencies are {program.name}'s: {program.latency}")
    answered = sum(number for name, number in trial.status.items() if name[0].isdigit())
    good = trial.requests - trial.failed
    if program.latency_mixes_failures and answered > good:
        yield suspect(
            ReasonKind.FAILURES_IN_LATENCY,
            f"{(answered - good) / answered:.1%} of the latencies are those of failed answers, "
            f"which {program.name} does not tell from the others: use one that does",
        )
