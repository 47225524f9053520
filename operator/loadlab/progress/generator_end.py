"""How the generators of a run ended that handed in no result: each kind has a reason of its own."""

from collections.abc import Iterable
from math import ceil

from loadlab.base.names import Component
from loadlab.model.status.conditions import Reason
from loadlab.plan import Plan, PlannedTrial
from loadlab.plan.requests import requests_of
from loadlab.plan.virtual_users import (
    allocated_users,
    generator_amounts,
    generator_pods,
    memory_of,
    mib_per_user,
)
from loadlab.progress.decision import Failure
from loadlab.progress.diagnose import (
    OUT_OF_MEMORY,
    exit_code,
    not_startable,
    termination_line,
)
from loadlab.progress.last_words import TERMINATION_LINE
from loadlab.progress.observed import PodView

# A repeat would meet the first three again. The last one may mean anything.
_TELLING = (
    Reason.OUT_OF_MEMORY,
    Reason.CREATION_REFUSED,
    Reason.SCRIPT_FAILED,
    Reason.GENERATOR_LOST,
    Reason.NO_RESULT,
)

SCRIPT_ENDS = (104, 107)  # k6's exit codes: bad options, an exception outside iterations


def explain_end(plan: Plan, planned: PlannedTrial, generators: Iterable[PodView]) -> Failure | None:
    """Return why a run has no result, as the end of its generators tells it; None for no trouble.

    Of several that did not end well the most telling.
    """
    found = [end for pod in generators if (end := _of_pod(plan, planned, pod)) is not None]
    return min(found, key=lambda end: _TELLING.index(end.reason), default=None)


def _of_pod(plan: Plan, planned: PlannedTrial, pod: PodView) -> Failure | None:
    where = f"the k6 pod {pod.name}" + (f" on node {pod.node}" if pod.node else "")
    if pod.terminated_reason == OUT_OF_MEMORY:
        return Failure(Reason.OUT_OF_MEMORY, f"{where} ran out of memory{_users(plan, planned)}")
    if why := not_startable(pod):
        message = f"{where} could not be started: {why}; look at spec.resources.k6"
        return Failure(Reason.CREATION_REFUSED, message)
    if pod.reason or pod.deleting:
        why = pod.reason or "it was deleted"
        said = f": {pod.message}" if pod.message else ""
        return Failure(Reason.GENERATOR_LOST, f"{where} did not reach its end: {why}{said}")
    if pod.exit_code in SCRIPT_ENDS and planned.load.script is not None:
        said = _script_error(pod) or f"k6 ended with exit code {pod.exit_code}"
        return Failure(Reason.SCRIPT_FAILED, f"load.script cannot be run: {said}")
    if pod.exit_code:
        words = termination_line(pod)
        said = f", {words}" if words else ""
        ended = f"{pod.terminated_reason or 'Error'}, {exit_code(pod)}"
        return Failure(Reason.NO_RESULT, f"{where} did not reach its end: {ended}{said}")
    return None


def _script_error(pod: PodView) -> str:
    """Return k6's own message, without where in its own code it was when it wrote that."""
    lines = [line.strip() for line in pod.termination_message.splitlines()]
    # A document of ours, or the end of one, is no message, and the run's token stands before it.
    told = [each for each in lines if each and not each.startswith("at ") and each[-1] != "}"]
    words = told[-1] if told else ""
    return words.removeprefix("GoError: ").removeprefix("Error: ")[:TERMINATION_LINE]


def _users(plan: Plan, planned: PlannedTrial) -> str:
    """Say how many users there were for how much memory, with what helps."""
    load, cell = planned.load, planned.cell
    users = ceil(allocated_users(load, cell) / generator_pods(load, cell))
    context = plan.context
    user_mib = mib_per_user(requests_of(context.spec, context.variant(cell), cell))
    limit = generator_amounts(context.spec, load, cell, user_mib).memory
    needed = ceil(memory_of(users, user_mib))
    return (
        f" ({limit} for {users:,} virtual users, which need about {needed:,} MiB); raise "
        f"spec.resources.{Component.K6}.memory or spec.load.parallelism, or use fewer virtual users"
    )
