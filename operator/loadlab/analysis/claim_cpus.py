"""Claims that need more CPUs than the service had (`needsCpus`): what they can't be decided by.

Fewer CPUs can take from what is carried and can't add to it. So `atLeast` of a rate alone that
holds on a smaller machine holds; a ceiling may have been kept for want of CPUs, a latency or a cost
be beyond a floor for it, and nothing is contradicted.
What a service might use of CPUs that it shares is not what it had: others may have had it.
"""

from collections.abc import Iterable

from loadlab.analysis.trial_figures import TrialFigures
from loadlab.model.spec.expectations import Expectation, FigureName
from loadlab.model.status import ExpectationOutcome


def too_few_cpus(
    expectation: Expectation, outcome: ExpectationOutcome, used: Iterable[TrialFigures]
) -> str:
    """Say that the service had too few CPUs for this outcome; empty where it may stand."""
    if expectation.needs_cpus is None or outcome is ExpectationOutcome.INCONCLUSIVE:
        return ""
    is_floor = expectation.figure is FigureName.REQUESTS_PER_SECOND and expectation.at_most is None
    if outcome is ExpectationOutcome.REPRODUCED and is_floor:
        return ""
    return _lack(expectation.needs_cpus, list(used))


def _lack(needed: int, used: list[TrialFigures]) -> str:
    had = [trial.service_cpus for trial in used]
    least = min((cpus for cpus in had if cpus is not None), default=None)
    needs = f"needs {needed} CPUs for the service"
    if least is not None and least < needed:
        return f"{needs}, which had {least:g}"
    if None in had:
        return f"{needs}; how many it had is not known"
    if not all(trial.owns_cpus for trial in used):
        return f"{needs}, which had none of its own; how many it had is not known"
    return ""
