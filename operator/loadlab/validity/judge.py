"""May this trial's number be used at all? Valid, Suspect or Invalid, each with its reasons.

Invalid never enters a cell; Suspect does, and says so. Bounds live in `bounds`. A reason with an
asterisk is the service's doing: a result, which is never repeated. All others are the
instrument's: where they make a trial Invalid, it is void and repeated.

| reason             | holds when                                           | open    | closed  |
|--------------------|------------------------------------------------------|---------|---------|
| Document*, GeneratorFailed | any pod's document is missing, broken, cut   | Invalid | Invalid |
| ClockStepped       | a node's clock was set by > 20 ms + 0.1 % meanwhile   | Invalid | Invalid |
| NoRequests         | nothing was sent, or the window has no length        | Invalid | Invalid |
| NoRequests*        | … as no request had an answer before it was cut off  | Invalid | Invalid |
| NoSuccess*         | no answer was 2xx or 3xx                             | Invalid | Invalid |
| Redirected*        | answers named another place and nobody followed      | Suspect | Suspect |
|                    | … and no other answer was 2xx or 3xx                 | Invalid | Invalid |
| ErrorRate*         | more than half of the requests failed                | Suspect | Suspect |
| Unanswered*        | reported percentiles lie where no answer came        | Suspect | Suspect |
| no asterisk        | … and k6 itself waited > 10 % of the time-out        | Invalid | Invalid |
| no asterisk        | … where >= 1 % were cut off as the load ended        | Suspect | Suspect |
| ConnectionsClosed  | more new connections than users, > 1 % (a remark)    | Valid   | Valid   |
| FailuresInLatency  | a generator does not tell failed answers' times apart | Suspect | Suspect |
| OtherLatency       | a generator's latency is one of its own (a remark)   | Valid   | Valid   |
| ScriptThrew        | an own script's iterations threw (a remark)          | Valid   | Valid   |
|                    | … >= 1 % of them                                     | Suspect | Suspect |
|                    | … all of them                                        | Invalid | Invalid |
| OtherProtocols     | a script has WebSocket sessions or gRPC calls (a remark) | Valid | Valid |
| ScriptCut          | … were cut off at the end of the warm-up             | Suspect | Suspect |
| GeneratorSaturated | k6 used > 60 % of its CPUs or its goroutines waited  | Suspect | Suspect |
| GeneratorThrottled | its CPU limit stopped k6 for > 1 % of the time       | Suspect | Suspect |
| GeneratorPaused    | k6 stood still for > 2 % of the window, and 0.25 s   | Suspect | Suspect |
|                    | … for > 5 % and 1 s                                  | Invalid | Invalid |
| SentLate           | a percentile from the intended start and the one from | Suspect | -      |
|                    | the send are > 5 % and > 1 ms apart                  |         |         |
|                    | … k6 short of CPU, late by > 50 % of p99 and 0.25 s  | Invalid | -       |
| SideDropped*       | requests beside the load found no virtual user       | Suspect | Suspect |
| DroppedIterations* | all virtual users waited when a request was due      | Suspect | -       |
| RateNotReached*    | < 99 % of the offered iterations were made           | Suspect | -       |
| both, no asterisk  | … with too few virtual users, or k6 short of CPU     | Invalid | -       |
|                    | … while users that answers as fast needed were made  | Invalid | -       |
| IterationsMissed*  | other than load.iterations ended within load.duration | -      | Invalid |
| no asterisk        | … with a generator short of CPU, or more of them     | -       | Invalid |
| Growing*           | the latency grew all through the window              | Suspect | Suspect |
| SideGrowing*       | … that of the requests beside the load did           | Suspect | Suspect |
| both, no asterisk  | … while k6 was short of CPU                          | Suspect | Suspect |
| WarmUpCounted      | the first seconds were slower than the rest          | Suspect | Suspect |
| WarmUpUnfinished   | the service still worked for it: > 2 % of requests   | -       | Suspect |
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
| CutOff             | no connection to service or worker could be made     | Invalid | Invalid |
|                    | … or its kernel was silent for 3 s in between        | Invalid | Invalid |
| ComponentRestarted | the counters of service or a store ran backwards     | Invalid | Invalid |
|                    | … of the queue's worker                              | Suspect | Suspect |
| StoreRefused*      | a store took no writes, or evicted work, as it told  | Suspect | Suspect |
|                    | … or evicted keys of what only caches (a remark)     | Valid   | Valid   |
| NotDrained*        | the queue was not empty at the drain's deadline      | Suspect | Suspect |
| QueueBehind*       | the workers wrote > 10 % less than was accepted      | Suspect | Suspect |
| WorkNotPersisted*  | accepted writes lost, doubled or of other ids        | Invalid | Invalid |
| WorkUnacknowledged | rows whose answer never reached the client           | Suspect | Suspect |
| WorkNotVerified    | no account of the rows                               | Invalid | Invalid |
|                    | … checksums of ids differ beyond 2^53                | Suspect | Suspect |
|                    | … a store's, or the worker's, counters are unknown   | Suspect | Suspect |
| WorkSkipped*       | stores did less than the answers need, no wait       | Invalid | Invalid |
| WorkersMismatch    | other than the workers asked for served              | Invalid | Invalid |
| WorkersUneven      | busiest worker > 4 times the idlest                  | Suspect | Suspect |
|                    | … of a service of the user's own, busiest pod        | Suspect | Suspect |
| StaleReads*        | a list older than the declared bound was shown       | Suspect | Suspect |
| ForeignCpu         | others used 0.3 CPU, or 10 % of the CPUs, of a set   | Invalid | Invalid |
|                    | … or a part whose use is not known did (a remark)    | Valid   | Valid   |
| OthersUnseen       | a snapshot is missing                                | Invalid | Invalid |
|                    | … other shared CPUs at the end, or not shown         | Suspect | Suspect |
|                    | … a part of the trial on an unseen node (a remark)   | Valid   | Valid   |
| CpuStolen          | the hypervisor took > 2 % of a set of CPUs' time     | Suspect | Suspect |
| CpusShared         | the service owned no CPUs, and own ones are asked for | Suspect | Suspect |
|                    | … are preferred (a remark)                           | Valid   | Valid   |
| LimitChanged       | a component's CPU limit is not the one asked for     | Suspect | Suspect |
| ContainersAdded    | admission added some to service or generator (a remark) | Valid | Valid |
| NoReplicate        | (of a cell) no replicate came to a result            | Invalid | Invalid |
| MeasurementUnreadable | (of a cell) a stored trial is left out (a remark) | Valid   | Valid   |

Why a saturated generator is not Invalid: in a closed loop the throughput still holds as "at
least", and stands as a bound (`standing`); in an open loop that kept its rate without a drop only
the latency is in doubt. One that did not keep it is a result only where k6 was fit
(`was_generator_fit`): else nobody can say which of the two was too slow.
"""

from collections.abc import Callable, Iterator

from loadlab.measurement.trial import VoidTrial
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.answers import connections_closed, errors_many, nothing_answered, redirected
from loadlab.validity.generator_rules import (
    arrivals_missed,
    generator_paused,
    generator_slow,
    iterations_missed,
    pods_apart,
    requests_unlike_iterations,
)
from loadlab.validity.instruments import (
    counts_apart,
    cut_off_nodes,
    instruments_missing,
    pods_uneven,
    restarted,
)
from loadlab.validity.judgement import (
    Judgement,
    Reason,
    ReasonKind,
    invalid,
)
from loadlab.validity.lateness import sent_late, side_dropped
from loadlab.validity.little_law import little_violated
from loadlab.validity.noise import cpu_stolen, foreign_cpu_used, others_unseen, samples_too_few
from loadlab.validity.own_script import (
    other_protocols,
    script_cut,
    script_not_heeded,
    script_threw,
)
from loadlab.validity.proof_of_work import proof_reasons
from loadlab.validity.ran_as import containers_added, cpus_shared, limits_changed
from loadlab.validity.silence import silent_nodes
from loadlab.validity.steadiness import (
    latency_growing,
    side_load_growing,
    warm_up_counted,
    warm_up_unfinished,
)
from loadlab.validity.which_latency import cut_off, unanswered, which_latency
from loadlab.validity.writes import queue_behind, staleness_reasons, stores_refused, work_reasons


def judge(trial: TrialMeasurement | VoidTrial) -> Judgement:
    """Hold a trial against every rule."""
    if isinstance(trial, VoidTrial):
        return Judgement(
            tuple(invalid(ReasonKind(p.kind.value), p.message) for p in trial.problems)
        )
    if nothing := tuple(nothing_answered(trial)):
        why = (*cut_off_nodes(trial), *silent_nodes(trial), *stores_refused(trial), *nothing)
        return Judgement((*why, *script_threw(trial), *other_protocols(trial)))
    return Judgement(tuple(reason for rule in _RULES for reason in rule(trial)))


def _samples(trial: TrialMeasurement) -> Iterator[Reason]:
    named = {name: found.latency.count for name, found in trial.by_request.items()}
    yield from samples_too_few(trial.latency.count, named)


_RULES: tuple[Callable[[TrialMeasurement], Iterator[Reason]], ...] = (
    # First what may be the cause of all the rest.
    *(foreign_cpu_used, others_unseen, cut_off_nodes, silent_nodes, stores_refused),
    *(redirected, errors_many, unanswered, connections_closed, cut_off),
    *(which_latency, script_not_heeded, other_protocols),
    *(script_threw, script_cut),
    *(generator_slow, generator_paused, sent_late, arrivals_missed, side_dropped),
    *(iterations_missed, little_violated),
    *(latency_growing, side_load_growing, warm_up_counted, warm_up_unfinished),
    *(requests_unlike_iterations, counts_apart, pods_apart, cpu_stolen, cpus_shared),
    *(limits_changed, containers_added, _samples, instruments_missing, restarted, pods_uneven),
    *(work_reasons, queue_behind, staleness_reasons, proof_reasons),
)
