"""What the requests were answered with: nothing, another place, errors."""

from collections.abc import Iterator
from math import ceil

from loadlab.base.text import fit
from loadlab.measurement.failures import NO_ANSWER, tell_failures
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.model.status.evidence import LAST_WORDS
from loadlab.validity import bounds
from loadlab.validity.judgement import Family, Reason, ReasonKind, invalid, remark, suspect


def nothing_answered(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say why there is nothing that any other rule could be asked about."""
    if trial.requests and trial.loaded_seconds > 0:
        return
    cut = trial.interrupted_iterations
    why = (
        f"{cut} were still without an answer when they were cut off: raise spec.load.gracefulStop, "
        "or lower spec.load.request.timeout to see them fail"
        if cut
        else f"the script made none that ended{_why(trial)}"
    )
    yield invalid(
        ReasonKind.NO_REQUESTS,
        f"{trial.requests} requests in {trial.window_seconds:.3f} s: {why}",
        Family.SERVICE if cut else Family.INSTRUMENT,
    )


def redirected(trial: TrialMeasurement) -> Iterator[Reason]:
    """Name the place that requests were sent to and did not go to."""
    found = [f for f in trial.failures if f.status_class == "3xx"]
    share = sum(f.requests for f in found) / trial.requests
    if not found:
        return
    places = [f"{f.text[:3]} to {fit(f.example)}" for f in found if f.example]
    yield Reason(
        ReasonKind.REDIRECTED,
        Validity.SUSPECT if trial.latency.count else Validity.INVALID,
        f"{share:.1%} of the requests were answered {places[0] if places else found[0].text} and "
        f"not served: {_remedy(trial, found[0].example)}",
        Family.SERVICE,
    )


def _remedy(trial: TrialMeasurement, place: str) -> str:
    if trial.redirects_followed:
        return "spec.load.request.redirects Follow stops at the tenth: do they lead in a circle?"
    if place.startswith("https:"):
        return (
            "it asks for https, and the load is made over http inside the cluster: give the "
            "variant https, or its requests the header X-Forwarded-Proto by load.request.headers"
        )
    return (
        "set spec.load.request.path to that place, or spec.load.request.redirects to Follow "
        "(Accept where a redirect is the answer that is asked for)"
    )


def errors_many(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say what failed where nothing succeeded, or less than half."""
    if not trial.latency.count:
        yield invalid(
            ReasonKind.NO_SUCCESS,
            f"none of {trial.requests} requests succeeded ({_statuses(trial)}){_why(trial)}; of "
            f"the service {LAST_WORDS}",
            Family.SERVICE,
        )
    elif trial.failed_rate > bounds.FAILED_SHARE:
        yield suspect(
            ReasonKind.ERROR_RATE,
            f"{trial.failed_rate:.1%} of the requests failed ({_statuses(trial)}), bound "
            f"{bounds.FAILED_SHARE:.0%}{_why(trial)}; the latency is that of a minority",
            Family.SERVICE,
        )


def connections_closed(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say where connections that were to be kept were closed: Go sends some requests once more.

    Where each request has its own, as the service closes them all, nothing is sent twice. A script
    of the user's own may ask for new ones.
    """
    if trial.script is not None:
        return
    made, users = trial.connections, ceil(trial.load.users_allocated)
    least = users + bounds.NEW_CONNECTIONS * trial.requests
    if least < made < bounds.EACH_ITS_OWN * trial.requests:
        yield remark(
            ReasonKind.CONNECTIONS_CLOSED,
            f"{made} connections were made for {trial.requests} requests of {users} users: the "
            "service closes some that were to be kept (its keep-alive time-out, or it drops them). "
            "A GET whose connection closes before its answer begins is sent once more and no "
            "failure: more may have failed than is told",
        )


def _statuses(trial: TrialMeasurement) -> str:
    names = {NO_ANSWER: "no answer"}
    return ", ".join(f"{names.get(name, name)}: {n}" for name, n in trial.status.items() if n)


def _why(trial: TrialMeasurement) -> str:
    """The most frequent failures, behind a colon; nothing where a generator tells none."""
    told = tell_failures(trial.failures, trial.requests)
    return f": {told}" if told else ""
