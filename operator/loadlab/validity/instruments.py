"""What the instruments in the service tell: whether there are any, what they counted, restarts.

And whether they could be reached at all. A service that is overloaded answers late or not at all,
and that is its result. A node that is cut off looks the same to who waits for an answer; but to
connect takes the kernel alone, which does it for a process that computes or hangs, too, and refuses
where none listens.
"""

from collections.abc import Iterator

from loadlab.base.names import Component
from loadlab.measurement.failures import NO_ANSWER
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.model.status.evidence import LAST_WORDS
from loadlab.validity import bounds
from loadlab.validity.judgement import Reason, ReasonKind, invalid, remark, suspect


def counts_apart(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold what the service counted against what the generator did."""
    counts = trial.counts
    if counts is None or counts.server is None or counts.seconds < bounds.COUNT_MIN_SECONDS:
        return
    edges = _in_flight(trial, counts.client / counts.seconds)
    edges += 0.5 * counts.client / counts.seconds  # a quarter of a second at each end
    # Without an answer: the service never saw it, or was done with it after the client gave up.
    edges += trial.status.get(NO_ANSWER, 0)
    # A redirect that was followed is a request to the service, unless it leads elsewhere.
    followed = trial.redirects_followed / trial.requests * counts.client
    gap = max(counts.client - counts.server, counts.server - counts.client - followed, 0.0)
    tolerance = bounds.COUNT_GAP * counts.client + edges
    if gap > tolerance:
        broken = gap > bounds.COUNT_BROKEN * counts.client + edges
        ran = "; or it served others meanwhile, or another of its processes served the rest"
        others = "" if trial.load.deployed else ran
        yield Reason(
            ReasonKind.COUNT_MISMATCH,
            Validity.INVALID if broken else Validity.SUSPECT,
            f"{trial.load.generator} saw {counts.client:.0f} requests end, the service "
            f"{counts.server}, in {counts.seconds:.1f} s; bound ±{tolerance:.0f}: something "
            f"between them answers, repeats or drops requests, or their clocks differ{others}",
        )


def _in_flight(trial: TrialMeasurement, per_second: float) -> float:
    """Return how many requests may be under way at an edge: the users, where they are given.

    Else by Little's law, of a request that takes as long as all but one in a hundred.
    """
    load, latency = trial.load, trial.latency_ms
    found = per_second * latency.p99 / 1000 if latency else 0.0
    return max(load.virtual_users, min(found, load.users_allocated or found))


def instruments_missing(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say what is unknown of a service, as nothing in it tells."""
    service = trial.components.get(Component.SERVICE)
    unread = service is None or (_tells_no_cpu(service) and not service.restarted)
    why = "; ".join(trial.notes) or "no pod of the generator handed in a snapshot"
    if trial.load.instrumented and unread:
        yield suspect(
            ReasonKind.INSTRUMENTS_MISSING,
            f"CPU and memory of the service are unknown ({why}): the HTTP figures stand alone",
        )
    if not trial.load.instrumented and not trial.load.deployed:
        yield remark(ReasonKind.NO_INSTRUMENTS, _as_it_ran(trial, is_metered=not unread))
    elif not trial.load.instrumented:
        unknown = "event-loop lag, thread tokens, pool wait and requests per process"
        if unread:
            unknown = f"CPU, memory and open files ({why}), {unknown}"
        yield remark(
            ReasonKind.NO_INSTRUMENTS,
            f"the image has no instruments: {unknown} are unknown; "
            "loadlab_services.instruments adds them in two lines",
        )


def cut_off_nodes(trial: TrialMeasurement) -> Iterator[Reason]:
    """Name the components to which no connection could be made: no load keeps a kernel from it."""
    names = [name for name in trial.cut_off if not _answered_all_along(trial, name)]
    if names:
        places = (f"{name}{_on_nodes(trial, name)}" for name in names)
        yield invalid(
            ReasonKind.CUT_OFF,
            f"no connection to {', '.join(places)} could be made at an end of the measurement, "
            "however busy it was: its node was cut off or lost, and the failures are not its own",
        )


def _answered_all_along(trial: TrialMeasurement, name: str) -> bool:
    """Whether the generator was answered at both ends: then the steward alone was cut off.

    Of several pods those answer that can, and with a worker no generator speaks.
    """
    ran = trial.ran.get(name)
    if name != Component.SERVICE or trial.series is None or (ran and ran.pods > 1):
        return False
    lines = [line for line in trial.series.lines() if line.requests > line.failed]
    first = trial.first_request_epoch_seconds
    last = first + trial.load.ramp_up_seconds + trial.load.duration_seconds
    seconds, width = bounds.ANSWERED_SECONDS, trial.series.bin_seconds
    at_start = any(line.at < first + seconds for line in lines)
    return at_start and any(line.at + width > last - seconds for line in lines)


def _on_nodes(trial: TrialMeasurement, name: str) -> str:
    nodes = ran.nodes if (ran := trial.ran.get(name)) else ()
    return f" (on node {', '.join(nodes)})" if nodes else ""


def _tells_no_cpu(service: ComponentUsage) -> bool:
    """Where nothing succeeded there is no CPU per request, though the CPU is known."""
    return service.cpus_used is None and service.cpu_micros_per_request is None


def _as_it_ran(trial: TrialMeasurement, *, is_metered: bool) -> str:
    """What is known of a service that ran already and has no instruments of ours."""
    known = "nobody meters it: its CPU and memory are not known, and nothing is claimed of its cost"
    if is_metered:
        known = "its own metrics tell of one process, without event-loop lag, thread and pool waits"
    elif why := next((note for note in trial.notes if ": service: " in note), ""):
        known = f"its CPU and memory are not known ({why})"
    return f"the service ran already and {known}; no trial had fresh processes"


def pods_uneven(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say that some pods of a service did next to nothing; of our own each worker is looked at."""
    service, expected = trial.components.get(Component.SERVICE), trial.expected
    spread = service.pod_spread if service else None
    is_looked_at = expected is not None and expected.workers is not None
    if spread is None or spread.times <= bounds.WORKER_SPREAD or is_looked_at:
        return
    yield suspect(
        ReasonKind.WORKERS_UNEVEN,
        f"the busiest pod had {spread.times:.0f} times the {spread.by} of the idlest, bound "
        f"{bounds.WORKER_SPREAD:g}: "
        "fewer pods did the work than there are; connections are spread, not requests, so that "
        "few users may find few pods",
    )


def restarted(trial: TrialMeasurement) -> Iterator[Reason]:
    """Name the components whose counters ran backwards."""
    names = [name for name, usage in trial.components.items() if usage.restarted]
    if names:
        # Without a worker requests are answered as before, and the account finds what was lost.
        harmless = names == [Component.WORKER]
        yield Reason(
            ReasonKind.COMPONENT_RESTARTED,
            Validity.SUSPECT if harmless else Validity.INVALID,
            f"{', '.join(names)} ended during the measurement: part of the window had "
            f"no or a cold component; {LAST_WORDS}",
        )
