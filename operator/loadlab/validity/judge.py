"""May this trial's number be used at all? Valid, Suspect or Invalid, each with its reasons.

Invalid never enters a cell; Suspect does, and says so. Bounds live in `bounds`. A reason with an
asterisk is the service's doing: a result, which is never repeated. All others are the
instrument's: where they make a trial Invalid, it is void and repeated.

| reason             | holds when                                           | open    | closed  |
|--------------------|------------------------------------------------------|---------|---------|
| Document*, GeneratorFailed | any pod's document is missing, broken, cut   | Invalid | Invalid |
| NoRequests         | nothing was sent, or the window has no length        | Invalid | Invalid |
| NoRequests*        | … as no request had an answer before it was cut off  | Invalid | Invalid |
| NoSuccess*         | no answer was 2xx or 3xx                             | Invalid | Invalid |
| Redirected*        | answers named another place and nobody followed      | Suspect | Suspect |
|                    | … and no other answer was 2xx or 3xx                 | Invalid | Invalid |
| ErrorRate*         | more than half of the requests failed                | Suspect | Suspect |
| Unanswered*        | reported percentiles lie where no answer came        | Suspect | Suspect |
| no asterisk        | … and k6 itself waited > 10 % of the time-out        | Invalid | Invalid |
| no asterisk        | … where >= 1 % were cut off as the load ended        | Suspect | Suspect |
| FailuresInLatency  | a generator does not tell failed answers' times apart | Suspect | Suspect |
| OtherLatency       | a generator's latency is one of its own (a remark)   | Valid   | Valid   |
| GeneratorSaturated | k6 used > 60 % of its CPUs or its goroutines waited  | Suspect | Suspect |
| GeneratorThrottled | its CPU limit stopped k6 for > 1 % of the time       | Suspect | Suspect |
| GeneratorPaused    | k6 stood still for > 2 % of the window, and 0.25 s   | Suspect | Suspect |
|                    | … for > 5 % and 1 s                                  | Invalid | Invalid |
| SentLate           | a percentile from the intended start and the one from | Suspect | -      |
|                    | the send are > 5 % and > 1 ms apart                  |         |         |
| SideDropped*       | requests beside the load found no virtual user       | Suspect | Suspect |
| DroppedIterations* | all virtual users waited when a request was due      | Suspect | -       |
| RateNotReached*    | < 99 % of the offered iterations were made           | Suspect | -       |
| both, no asterisk  | … with too few virtual users, or k6 short of CPU     | Invalid | -       |
| IterationsMissed*  | other than load.iterations ended within load.duration | -      | Invalid |
| no asterisk        | … with a generator short of CPU, or more of them     | -       | Invalid |
| Growing*           | the latency grew all through the window              | Suspect | Suspect |
| SideGrowing*       | … that of the requests beside the load did           | Suspect | Suspect |
| both, no asterisk  | … while k6 was short of CPU                          | Suspect | Suspect |
| WarmUpCounted      | the first seconds were slower than the rest          | Suspect | Suspect |
| LittleLawViolated  | virtual users and rate x iteration time: > 2 or 5 %  | -       | Suspect |
|                    | … > 20 % apart                                       | -       | Invalid |
| LittleLawViolated* | … as answers did not come before they were cut off   | -       | as above |
| RequestsNotIterations | k6 sent other than one request an iteration, > 1 % | Suspect | Suspect |
| CountMismatch      | client, server counts: > 5 %, in flight, lost apart  | Suspect | Suspect |
|                    | … > 50 % apart                                       | Invalid | Invalid |
| PodsNotTogether    | first requests of the pods > 50 ms apart             | Suspect | Suspect |
| TooFewSamples      | < 100 samples above a reported percentile            | Suspect | Suspect |
|                    | … of the requests of one name (a remark)             | Valid   | Valid   |
| InstrumentsMissing | an instrumented service left no snapshots            | Suspect | Suspect |
| NoInstruments      | a service of the user's own has none (a remark)      | Valid   | Valid   |
| ComponentRestarted | the counters of service or a store ran backwards     | Invalid | Invalid |
|                    | … of the queue's worker                              | Suspect | Suspect |
| NotDrained*        | the queue was not empty at the drain's deadline      | Suspect | Suspect |
| WorkNotPersisted*  | accepted writes lost, doubled or of other ids        | Invalid | Invalid |
| WorkUnacknowledged | rows whose answer never reached the client           | Suspect | Suspect |
| WorkNotVerified    | no account of the rows                               | Invalid | Invalid |
|                    | … checksums of ids differ beyond 2^53                | Suspect | Suspect |
|                    | … a store's counters are unknown                     | Suspect | Suspect |
| WorkSkipped*       | stores did less than the answers need, no wait       | Invalid | Invalid |
| WorkersMismatch    | other than the workers asked for served              | Invalid | Invalid |
| WorkersUneven      | busiest worker > 4 times the idlest                  | Suspect | Suspect |
| StaleReads*        | a list older than the declared bound was shown       | Suspect | Suspect |
| ForeignCpu         | others used 0.3 CPU, or 10 % of the CPUs, of a set   | Invalid | Invalid |
|                    | … or a part whose use is not known did (a remark)    | Valid   | Valid   |
| OthersUnseen       | a snapshot is missing                                | Invalid | Invalid |
|                    | … other shared CPUs at the end, or not shown         | Suspect | Suspect |
| CpuStolen          | the hypervisor took > 2 % of a set of CPUs' time     | Suspect | Suspect |
| CpusShared         | the service owned no CPUs, and own ones are asked for | Suspect | Suspect |
|                    | … are preferred (a remark)                           | Valid   | Valid   |
| LimitChanged       | a component's CPU limit is not the one asked for     | Suspect | Suspect |
| NoReplicate        | (of a cell) no replicate came to a result            | Invalid | Invalid |
| MeasurementUnreadable | (of a cell) a stored trial is left out (a remark) | Valid   | Valid   |

Why a saturated generator is not Invalid: in a closed loop the throughput still holds as "at
least", and stands as a bound (`standing`); in an open loop that kept its rate without a drop only
the latency is in doubt. One that did not keep it is a result only where k6 was fit
(`was_generator_fit`): else nobody can say which of the two was too slow.
"""

from collections.abc import Callable, Iterator

from loadlab.base.names import Component
from loadlab.base.text import fit
from loadlab.measurement.failures import NO_ANSWER, tell_failures
from loadlab.measurement.trial import VoidTrial
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.model.status.evidence import LAST_WORDS
from loadlab.validity import bounds
from loadlab.validity.generator_rules import (
    arrivals_missed,
    generator_paused,
    generator_slow,
    iterations_missed,
    little_violated,
    pods_apart,
    requests_unlike_iterations,
)
from loadlab.validity.judgement import (
    Family,
    Judgement,
    Reason,
    ReasonKind,
    invalid,
    remark,
    suspect,
)
from loadlab.validity.lateness import sent_late, side_dropped
from loadlab.validity.noise import cpu_stolen, foreign_cpu_used, others_unseen, samples_too_few
from loadlab.validity.own_script import script_cut, script_not_heeded
from loadlab.validity.proof_of_work import proof_reasons
from loadlab.validity.ran_as import cpus_shared, limits_changed
from loadlab.validity.steadiness import (
    latency_growing,
    side_load_growing,
    warm_up_counted,
)
from loadlab.validity.which_latency import cut_off, unanswered, which_latency
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


def _no_requests(trial: TrialMeasurement) -> Iterator[Reason]:
    if trial.requests and trial.window_seconds > 0:
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


def _redirected(trial: TrialMeasurement) -> Iterator[Reason]:
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


def _errors(trial: TrialMeasurement) -> Iterator[Reason]:
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


def _statuses(trial: TrialMeasurement) -> str:
    names = {NO_ANSWER: "no answer"}
    return ", ".join(f"{names.get(name, name)}: {n}" for name, n in trial.status.items() if n)


def _why(trial: TrialMeasurement) -> str:
    """The most frequent failures, behind a colon; nothing where a generator tells none."""
    told = tell_failures(trial.failures, trial.requests)
    return f": {told}" if told else ""


def _counts(trial: TrialMeasurement) -> Iterator[Reason]:
    counts = trial.counts
    if counts is None or counts.server is None or counts.seconds < bounds.COUNT_MIN_SECONDS:
        return
    edges: float = trial.load.virtual_users  # in flight
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


def _samples(trial: TrialMeasurement) -> Iterator[Reason]:
    named = {name: found.latency.count for name, found in trial.by_request.items()}
    yield from samples_too_few(trial.latency.count, named)


def _instruments(trial: TrialMeasurement) -> Iterator[Reason]:
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
    return f"the service ran already and {known}; its processes are those of all trials"


def _restarts(trial: TrialMeasurement) -> Iterator[Reason]:
    restarted = [name for name, usage in trial.components.items() if usage.restarted]
    if restarted:
        # Without a worker requests are answered as before, and the account finds what was lost.
        harmless = restarted == [Component.WORKER]
        yield Reason(
            ReasonKind.COMPONENT_RESTARTED,
            Validity.SUSPECT if harmless else Validity.INVALID,
            f"{', '.join(restarted)} restarted during the measurement: part of the window had "
            f"no or a cold component; {LAST_WORDS}",
        )


_RULES: tuple[Callable[[TrialMeasurement], Iterator[Reason]], ...] = (
    *(foreign_cpu_used, others_unseen),  # first: others may be the cause of all the rest
    *(_redirected, _errors, unanswered, cut_off, which_latency, script_not_heeded, script_cut),
    *(generator_slow, generator_paused, sent_late, arrivals_missed, side_dropped),
    *(iterations_missed, little_violated),
    *(latency_growing, side_load_growing, warm_up_counted),
    *(requests_unlike_iterations, _counts, pods_apart, cpu_stolen, cpus_shared, limits_changed),
    *(_samples, _instruments, _restarts),
    *(work_reasons, staleness_reasons, proof_reasons),
)
