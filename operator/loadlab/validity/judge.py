"""May this trial's number be used at all? Valid, Suspect or Invalid, each with its reasons.

Invalid never enters a cell; Suspect does, and says so. Bounds live in `bounds`.

| reason             | holds when                                           | open    | closed  |
|--------------------|------------------------------------------------------|---------|---------|
| Document*, GeneratorFailed | any pod's document is missing, broken, cut   | Invalid | Invalid |
| NoRequests         | nothing was sent, or the window has no length        | Invalid | Invalid |
| NoSuccess          | no answer was 2xx or 3xx                             | Invalid | Invalid |
| ErrorRate          | more than half of the requests failed                | Suspect | Suspect |
| GeneratorSaturated | k6 used > 60 % of its CPUs or its goroutines waited  | Suspect | Suspect |
| GeneratorThrottled | its CPU limit stopped k6 for > 1 % of the time       | Suspect | Suspect |
| GeneratorPaused    | k6 stood still for > 2 % of the window, and 0.25 s   | Suspect | Suspect |
|                    | … for > 5 % and 1 s                                  | Invalid | Invalid |
| DroppedIterations  | k6 had no free virtual user for a planned arrival    | Invalid | -       |
| RateNotReached     | < 99 % of the offered iterations were made           | Invalid | -       |
| LittleLawViolated  | virtual users and rate x iteration time: > 2 or 5 %  | -       | Suspect |
|                    | … > 20 % apart                                       | -       | Invalid |
| CountMismatch      | client, server counts: > 5 %, in flight, lost apart  | Suspect | Suspect |
|                    | … > 50 % apart                                       | Invalid | Invalid |
| PodsNotTogether    | first requests of the pods > 50 ms apart             | Suspect | Suspect |
| TooFewSamples      | < 100 samples above a reported percentile            | Suspect | Suspect |
| InstrumentsMissing | an instrumented service left no snapshots            | Suspect | Suspect |
| NoInstruments      | an image of the user's own has none (a remark)       | Valid   | Valid   |
| ComponentRestarted | the counters of service or a store ran backwards     | Invalid | Invalid |
|                    | … of the queue's worker                              | Suspect | Suspect |
| NotDrained         | the queue was not empty at the drain's deadline      | Invalid | Invalid |
| WorkNotPersisted   | accepted writes lost, doubled or of other ids        | Invalid | Invalid |
| WorkUnacknowledged | rows whose answer never reached the client           | Suspect | Suspect |
| WorkNotVerified    | no account of the rows                               | Invalid | Invalid |
|                    | … checksums of ids differ beyond 2^53                | Suspect | Suspect |
|                    | … a store's counters are unknown                     | Suspect | Suspect |
| WorkSkipped        | stores did less than the answers need, no wait       | Invalid | Invalid |
| WorkersMismatch    | other than the workers asked for served              | Invalid | Invalid |
| WorkersUneven      | busiest worker > 4 times the idlest                  | Suspect | Suspect |
| StaleReads         | a list older than the declared bound was shown       | Invalid | Invalid |
| CpuStolen          | the hypervisor took > 2 % of the common CPUs' time   | Suspect | Suspect |
| NoReplicate        | (of a cell) no replicate came to a result            | Invalid | Invalid |
| MeasurementUnreadable | (of a cell) a stored trial is left out (a remark) | Valid   | Valid   |

Why a saturated generator is not Invalid: in a closed loop the throughput still holds as "at
least", and stands as a bound (`standing`); in an open loop that kept its rate without a drop only
the latency is in doubt, and one that did not keep it is Invalid by RateNotReached.
"""

from collections.abc import Callable, Iterator

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.trial import VoidTrial
from loadlab.measurement.usage import SERVICE, WORKER
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity import bounds
from loadlab.validity.judgement import (
    Judgement,
    Reason,
    ReasonKind,
    invalid,
    remark,
    suspect,
)
from loadlab.validity.proof_of_work import proof_reasons
from loadlab.validity.writes import staleness_reasons, work_reasons


def judge(trial: TrialMeasurement | VoidTrial) -> Judgement:
    """Hold a trial against every rule."""
    if isinstance(trial, VoidTrial):
        return Judgement(
            tuple(invalid(ReasonKind(p.kind.value), p.message) for p in trial.problems)
        )
    if nothing := tuple(_no_requests(trial)):
        return Judgement(nothing)
    return Judgement(tuple(reason for rule in _RULES for reason in rule(trial)))


def samples_too_few(latency: Histogram) -> Iterator[Reason]:
    """Name the highest sound percentile's bound for every percentile that rests on too little."""
    above = {p: latency.count * (100 - p) / 100 for p in bounds.REPORTED_PERCENTILES}
    thin = {p: n for p, n in above.items() if n < bounds.SAMPLES_ABOVE}
    if thin and latency.count:
        percentiles = ", ".join(f"p{p:g} ({n:.0f})" for p, n in thin.items())
        yield suspect(
            ReasonKind.TOO_FEW_SAMPLES,
            f"too few samples lie above {percentiles}; a percentile needs "
            f"{bounds.SAMPLES_ABOVE}: measure longer or with more load",
        )


def _no_requests(trial: TrialMeasurement) -> Iterator[Reason]:
    if not trial.requests or trial.window_seconds <= 0:
        yield invalid(
            ReasonKind.NO_REQUESTS,
            f"{trial.requests} requests in {trial.window_seconds:.3f} s: the target never "
            "answered, or the script made no request",
        )


def _errors(trial: TrialMeasurement) -> Iterator[Reason]:
    if not trial.latency.count:
        yield invalid(
            ReasonKind.NO_SUCCESS,
            f"none of {trial.requests} requests succeeded ({_statuses(trial)}): "
            "read the log of the service",
        )
    elif trial.failed_rate > bounds.FAILED_SHARE:
        yield suspect(
            ReasonKind.ERROR_RATE,
            f"{trial.failed_rate:.1%} of the requests failed ({_statuses(trial)}), bound "
            f"{bounds.FAILED_SHARE:.0%}: the latency is that of a minority",
        )


def _statuses(trial: TrialMeasurement) -> str:
    return ", ".join(f"{name}: {n}" for name, n in trial.status.items() if n)


def _generator(trial: TrialMeasurement) -> Iterator[Reason]:
    load = trial.generator
    signs = []
    if load.cpu_share > bounds.GENERATOR_CPU_SHARE:
        signs.append(
            f"used {load.cpu_share:.0%} of its CPUs, bound {bounds.GENERATOR_CPU_SHARE:.0%}"
        )
    if load.sched_wait_p99_ms > bounds.GENERATOR_SCHED_WAIT_MS:
        signs.append(
            f"waited {load.sched_wait_p99_ms:.1f} ms for a CPU (p99), bound "
            f"{bounds.GENERATOR_SCHED_WAIT_MS:g} ms"
        )
    if signs:
        effect = (
            "latencies contain its own delay"
            if trial.load.open_model
            else "the service could do at least this rate, and latencies contain k6's own delay"
        )
        yield suspect(ReasonKind.GENERATOR_SATURATED, f"k6 {' and '.join(signs)}: {effect}")
    if (load.throttled_share or 0.0) > bounds.GENERATOR_THROTTLED_SHARE:
        yield suspect(
            ReasonKind.GENERATOR_THROTTLED,
            f"k6 was throttled for {load.throttled_share:.1%} of the time, bound "
            f"{bounds.GENERATOR_THROTTLED_SHARE:.0%}: raise spec.resources.k6",
        )


def _pause(trial: TrialMeasurement) -> Iterator[Reason]:
    pause = trial.generator.longest_pause_seconds
    share = pause / trial.window_seconds
    if share > bounds.PAUSE_SHARE and pause > bounds.PAUSE_SECONDS:
        broken = share > bounds.PAUSE_BROKEN_SHARE and pause > bounds.PAUSE_BROKEN_SECONDS
        yield Reason(
            ReasonKind.GENERATOR_PAUSED,
            Validity.INVALID if broken else Validity.SUSPECT,
            f"k6 stood still for {pause:.2f} s ({share:.1%} of the window, bound "
            f"{bounds.PAUSE_SHARE:.0%}): it was stopped, starved or frozen; give the node "
            "less other work, or raise spec.resources.k6",
        )


def _arrivals(trial: TrialMeasurement) -> Iterator[Reason]:
    if not trial.load.open_model:
        return
    if trial.dropped_iterations:
        yield invalid(
            ReasonKind.DROPPED_ITERATIONS,
            f"{trial.dropped_iterations} planned requests were never sent, bound 0: they would "
            "have been the slow ones; raise spec.load.maxVirtualUsers or lower the rate",
        )
    offered, achieved = trial.load.rate_per_second, trial.achieved_rate
    if offered and achieved is not None and achieved < bounds.ACHIEVED_RATE * offered:
        yield invalid(
            ReasonKind.RATE_NOT_REACHED,
            f"{achieved:.1f} of {offered:.1f} iterations/s were made ({achieved / offered:.1%}), "
            f"bound {bounds.ACHIEVED_RATE:.0%}: the load was not the planned one",
        )


def _little(trial: TrialMeasurement) -> Iterator[Reason]:
    """Every virtual user must be in an iteration all the time; what is missing left no sample."""
    load = trial.load
    if load.open_model or not load.virtual_users:
        return
    busy = trial.iterations * trial.mean_iteration_ms / 1000 / trial.window_seconds
    # A full load as long as the window, less the half of the ramp that was not there yet.
    expected = load.virtual_users * (1 - load.ramp_up_seconds / 2 / trial.window_seconds)
    steady = not load.ramp_up_seconds and load.duration_seconds >= bounds.LITTLE_STEADY_SECONDS
    # Users finish their last iteration at different moments: up to one iteration's time is idle.
    edge = trial.mean_iteration_ms / 1000 / trial.window_seconds
    bound = (bounds.LITTLE_STEADY if steady else bounds.LITTLE_ROUGH) + edge
    gap = abs(expected - busy) / expected if expected > 0 else 1.0
    if gap > bound:
        level = Validity.INVALID if gap > bounds.LITTLE_BROKEN + edge else Validity.SUSPECT
        yield Reason(
            ReasonKind.LITTLE_LAW_VIOLATED,
            level,
            f"rate x iteration time accounts for {busy:.1f} of {expected:.1f} virtual users "
            f"({gap:.1%} apart, bound {bound:.1%}): requests were cut off or left no sample",
        )


def _counts(trial: TrialMeasurement) -> Iterator[Reason]:
    counts = trial.counts
    if counts is None or counts.server is None or counts.seconds < bounds.COUNT_MIN_SECONDS:
        return
    edges: float = trial.load.virtual_users  # in flight
    edges += 0.5 * counts.client / counts.seconds  # a quarter of a second at each end
    # Without an answer: the service never saw it, or was done with it after the client gave up.
    edges += trial.status.get("err", 0)
    gap = abs(counts.client - counts.server)
    tolerance = bounds.COUNT_GAP * counts.client + edges
    if gap > tolerance:
        broken = gap > bounds.COUNT_BROKEN * counts.client + edges
        yield Reason(
            ReasonKind.COUNT_MISMATCH,
            Validity.INVALID if broken else Validity.SUSPECT,
            f"k6 saw {counts.client:.0f} requests end, the service {counts.server}, in "
            f"{counts.seconds:.1f} s; bound ±{tolerance:.0f}: something between them answers, "
            "repeats or drops requests, or their clocks differ",
        )


def _stolen(trial: TrialMeasurement) -> Iterator[Reason]:
    shared = trial.shared_cpus
    if shared is not None and shared.stolen > bounds.STEAL_SHARE:
        yield suspect(
            ReasonKind.CPU_STOLEN,
            f"the hypervisor took {shared.stolen:.1%} of the CPU time away, bound "
            f"{bounds.STEAL_SHARE:.0%}: neighbours of this virtual machine are in the figures",
        )


def _together(trial: TrialMeasurement) -> Iterator[Reason]:
    bound = bounds.START_SKEW_MS + _planned_skew_ms(trial)
    if trial.pods > 1 and trial.start_skew_ms > bound:
        yield suspect(
            ReasonKind.PODS_NOT_TOGETHER,
            f"the pods sent their first requests {trial.start_skew_ms:.0f} ms apart, bound "
            f"{bound:.0f} ms: part of the window had only part of the load",
        )


def _planned_skew_ms(trial: TrialMeasurement) -> float:
    """Segments take turns: the pods' first requests lie up to one turn apart by design."""
    load = trial.load
    if load.open_model:
        return 1000 * trial.pods / load.rate_per_second if load.rate_per_second else 0.0
    return 1000 * load.ramp_up_seconds * trial.pods / max(1, load.virtual_users)


def _samples(trial: TrialMeasurement) -> Iterator[Reason]:
    yield from samples_too_few(trial.latency)


def _instruments(trial: TrialMeasurement) -> Iterator[Reason]:
    service = trial.components.get(SERVICE)
    unread = service is None or (service.cpu_micros_per_request is None and not service.restarted)
    why = "; ".join(trial.notes) or "no snapshot is in the log of any k6 pod"
    if trial.load.instrumented and unread:
        yield suspect(
            ReasonKind.INSTRUMENTS_MISSING,
            f"CPU and memory of the service are unknown ({why}): the HTTP figures stand alone",
        )
    if not trial.load.instrumented:
        unknown = "event-loop lag, thread tokens, pool wait and requests per process"
        if unread:
            unknown = f"CPU, memory and open files ({why}), {unknown}"
        yield remark(
            ReasonKind.NO_INSTRUMENTS,
            f"the image has no instruments: {unknown} are unknown; "
            "loadlab_services.instruments adds them in two lines",
        )


def _restarts(trial: TrialMeasurement) -> Iterator[Reason]:
    restarted = [name for name, usage in trial.components.items() if usage.restarted]
    if restarted:
        # Without a worker requests are answered as before, and the account finds what was lost.
        harmless = restarted == [WORKER]
        yield Reason(
            ReasonKind.COMPONENT_RESTARTED,
            Validity.SUSPECT if harmless else Validity.INVALID,
            f"{', '.join(restarted)} restarted during the measurement: see kubectl get pods for "
            "the reason; part of the window had no or a cold component",
        )


_RULES: tuple[Callable[[TrialMeasurement], Iterator[Reason]], ...] = (
    *(_errors, _generator, _pause, _arrivals, _little, _counts, _together, _stolen),
    *(_samples, _instruments, _restarts, work_reasons, staleness_reasons, proof_reasons),
)
