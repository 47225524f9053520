"""What held a cell back: the resource that was full while the others had room.

Three ranks, the first that has a full resource names the bottleneck:

| rank     | resource                             | full when                                      |
|----------|--------------------------------------|------------------------------------------------|
| backlog  | Queue                                | > 10 % of the accepted writes were not written |
| machines | ServiceCpu, CpuThrottling, Database, | CPU used > 80 % of what there is; the fullest  |
|          | Redis, Generator, NodeCpu            | is named                                       |
|          | ServiceCpu, at times                 | a process only computed > 30 % of the time     |
|          | NodeCpu                              | the hypervisor took > 10 % and left no room    |
| waiting  | EventLoop                            | half of the events waited > 10 ms for the loop |
|          | DatabaseLocks, DatabaseDisk          | most connections in use waited for that, and   |
|          |                                      | > 10 % of a request's time beside the queues   |
|          | DatabasePool                         | > 1 request a process waited for a connection  |
|          | ThreadPool                           | no thread was free for > 80 % of the time, and |
|          |                                      | > 1 call a process waited for one              |

Waiting comes after machines because a full CPU makes everybody wait, and a full pool none but
its users; the loop comes before the pools, because who waits for it seems to wait for both; what
holds the connections before the connections, and these before the threads, because a thread is
held while it waits for a connection. In an existing database, whose CPU nobody sees, sessions
that run tell that it is the one that is full.

Where nothing is full, `Load` says that the service did all it was asked for: it kept the offered
rate, or each answer took the time that the request asked it to wait. It is no answer where more
than few requests failed, a criterion did, or the load was not carried. Else the stage that takes
most of the response time (`stages`) is named with confidence Medium; or, where something was not
kept, what is fullest and more than half full, with confidence Low; or none: Unattributed. How sure
any of them may be is `certainty`'s.
Method: the USE method (Gregg, Systems Performance, 2nd ed., 2.5.9), utilisation and saturation
of every resource, with the service's own queues as resources.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from loadlab.analysis.certainty import LEAST_CERTAIN_FIRST, Doubt, doubts
from loadlab.analysis.database_waits import database_waits
from loadlab.analysis.fairness import MATERIAL_FAILURES
from loadlab.analysis.stages import REMEDIES, share_out, tell
from loadlab.analysis.utilisation import WAITING, Fullness, backlog, machines, waiting
from loadlab.base.names import Component
from loadlab.base.text import fit
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Bottleneck, Confidence, Resource, Stage
from loadlab.model.status.bottleneck import LONGEST_EVIDENCE
from loadlab.validity import bounds

Ranks = tuple[Sequence[Fullness], Sequence[Fullness], Sequence[Fullness]]
LONGEST_DISSENT = 150  # of what replicates say otherwise


def attribute(trial: TrialMeasurement, *, is_missed: bool = False) -> Bottleneck:
    """Name the bottleneck of one trial, and share its response time out.

    `is_missed` says that it did not do all it was asked for, whatever else it kept.
    """
    is_missed = is_missed or trial.failed_rate > MATERIAL_FAILURES
    stages, ranks = share_out(trial), _ranks(trial)
    full = [found for rank in ranks for found in rank if found.is_full]
    found = _by_stage(_by_fullness(trial, ranks, full, is_missed=is_missed), stages)
    if is_missed:
        found = _by_the_fullest(found, ranks)
    named = next(iter(full), None)
    return _doubted(found, list(doubts(trial, found.name, named, stages)), stages)


def _by_stage(found: Bottleneck, stages: Sequence[Stage]) -> Bottleneck:
    """Name the stage that takes most of the response time, where nothing was full."""
    if found.name is not Resource.UNATTRIBUTED or not stages:
        return found
    largest = stages[0]
    if largest.share <= bounds.LARGEST_STAGE or largest.name not in REMEDIES:
        return found
    return Bottleneck(
        name=largest.name,
        confidence=Confidence.MEDIUM,
        evidence=f"{found.evidence}; most of the response time is {tell(largest)}",
    )


def _doubted(found: Bottleneck, known: Sequence[Doubt], stages: tuple[Stage, ...]) -> Bottleneck:
    """Return it with no more confidence than the doubts leave, with their words and the stages."""
    confidence = min((found.confidence, *(d.at_most for d in known)), key=LEAST_CERTAIN_FIRST.index)
    words = "".join(f"; {doubt.words}" for doubt in known if doubt.words)
    room = LONGEST_EVIDENCE - LONGEST_DISSENT
    remedies = (doubt.remedy for doubt in known if doubt.remedy)
    return found.model_copy(
        update={
            "confidence": confidence,
            "evidence": fit(fit(found.evidence, max(0, room - len(words))) + words, room),
            "remedy": next(remedies, REMEDIES.get(found.name, "")),
            "stages": stages,
        }
    )


def _by_the_fullest(found: Bottleneck, ranks: Ranks) -> Bottleneck:
    """Name what is fullest where something held a trial back, and neither a stage nor a rank does.

    Not the generator, which offered what it was to offer.
    """
    known = [each for rank in ranks for each in rank if each.resource is not Resource.GENERATOR]
    fullest = max(known, key=lambda each: each.share, default=None)
    if found.name is not Resource.UNATTRIBUTED or fullest is None:
        return found
    if fullest.share <= bounds.HALF_FULL:
        return found
    evidence = f"nothing was full; the fullest: {fullest.evidence}"
    return Bottleneck(name=fullest.resource, confidence=Confidence.LOW, evidence=evidence)


def _ranks(trial: TrialMeasurement) -> Ranks:
    queues = sorted((*waiting(trial), *database_waits(trial)), key=_by_rank)
    return list(backlog(trial)), sorted(machines(trial), key=_by_share), queues


def _by_fullness(
    trial: TrialMeasurement, ranks: Ranks, full: Sequence[Fullness], *, is_missed: bool
) -> Bottleneck:
    if not full:
        reason = None if is_missed else next(_as_asked(trial), None)
        if reason:
            return Bottleneck(name=Resource.LOAD, confidence=Confidence.HIGH, evidence=reason)
        return _nothing_full(trial, [found for rank in ranks for found in rank])
    named, *others = full
    busy = [found for found in ranks[1] if _may_be_behind(found, named)]
    remarks = [("also full", others), ("nearly full", busy)]
    also = "".join(f"; {word}: {_evidence(found)}" for word, found in remarks if found)
    confidence = Confidence.MEDIUM if also or named.is_at_times else named.at_most
    return Bottleneck(name=named.resource, confidence=confidence, evidence=named.evidence + also)


def attribute_cell(found: Sequence[Bottleneck]) -> Bottleneck | None:
    """Name the bottleneck of a cell's replicates: what most of them say; None without any."""
    if not found:
        return None
    votes = Counter(each.name for each in found)
    ranks = list(Resource)
    winner = min(votes, key=lambda name: (-votes[name], ranks.index(name)))
    # No more confidence than in any of them, then the first by its text: their order means nothing.
    voice = min((f for f in found if f.name is winner), key=_least_certain)
    if len(votes) == 1:
        return voice
    dissent = ", ".join(f"{n} of {len(found)} {name}" for name, n in sorted(votes.items()))
    evidence = fit(f"{voice.evidence}; replicates differ: {dissent}", LONGEST_EVIDENCE)
    return voice.model_copy(update={"confidence": Confidence.LOW, "evidence": evidence})


def _may_be_behind(machine: Fullness, named: Fullness) -> bool:
    """Whether requests may seem to wait for a pool, but wait for a CPU that is nearly full."""
    is_nearly_full = not machine.is_full and machine.share > bounds.CPU_BUSY
    return is_nearly_full and named.resource in WAITING


def _evidence(found: Iterable[Fullness]) -> str:
    return ", ".join(each.evidence for each in found)


def _by_share(found: Fullness) -> float:
    return -found.share


def _by_rank(found: Fullness) -> int:
    return WAITING.index(found.resource)


def _least_certain(found: Bottleneck) -> tuple[int, str, tuple[float, ...]]:
    stages = tuple(stage.ms for stage in found.stages)
    return LEAST_CERTAIN_FIRST.index(found.confidence), found.evidence, stages


def _nothing_full(trial: TrialMeasurement, looked_at: Iterable[Fullness]) -> Bottleneck:
    fullest = max(looked_at, key=lambda found: found.share, default=None)
    known = f"nothing was full; the fullest: {fullest.evidence}" if fullest else "nothing is known"
    blind = "" if trial.load.instrumented else "; without instruments only CPU is seen"
    return Bottleneck(name=Resource.UNATTRIBUTED, confidence=Confidence.LOW, evidence=known + blind)


def _as_asked(trial: TrialMeasurement) -> Iterator[str]:
    """Say why the load itself was the limit, where it was."""
    offered, achieved = trial.load.rate_per_second, trial.achieved_rate
    missed = trial.dropped_iterations
    if (
        offered
        and achieved is not None
        and achieved >= bounds.ACHIEVED_RATE * offered
        and not missed
    ):
        yield f"nothing was full, and the offered {offered:g}/s were kept"
    if not trial.load.open_model and trial.load.virtual_users == 1:
        yield "nothing was full: one user waits for each answer before it asks again"
    wait = trial.expected.wait_ms if trial.expected else 0.0
    mean = trial.latency.mean_us / 1000
    if wait and Component.SERVICE in trial.components and mean <= bounds.WAIT_EXPLAINS * wait:
        yield f"nothing was full, and {mean:.0f} ms an answer are the {wait:g} ms that it waits"
