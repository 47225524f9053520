"""What held a cell back: the resource that was full while the others had room.

Three ranks, the first that has a full resource names the bottleneck:

| rank     | resource                             | full when                                      |
|----------|--------------------------------------|------------------------------------------------|
| backlog  | Queue                                | > 10 % of the accepted writes were not written |
| machines | ServiceCpu, CpuThrottling, Database, | CPU used > 80 % of what there is; the fullest  |
|          | Redis, Generator, NodeCpu            | is named                                       |
| waiting  | EventLoop                            | half of the events waited > 10 ms for the loop |
|          | DatabaseLocks, DatabaseDisk          | most connections in use waited for that        |
|          | DatabasePool                         | > 1 request a process waited for a connection  |
|          | ThreadPool                           | no thread was free for > 80 % of the time      |

Waiting comes after machines because a full CPU makes everybody wait, and a full pool none but
its users; the loop comes before the pools, because who waits for it seems to wait for both; what
holds the connections before the connections, and these before the threads, because a thread is
held while it waits for a connection. In an existing database, whose CPU nobody sees, sessions
that run tell that it is the one that is full.

Where nothing is full, `Load` says that the service did all it was asked for: it kept the offered
rate, or each answer took the time that the request asked it to wait. Else it is Unattributed.
Method: the USE method (Gregg, Systems Performance, 2nd ed., 2.5.9), utilisation and saturation
of every resource, with the service's own queues as resources.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from loadlab.analysis.database_waits import database_waits
from loadlab.analysis.utilisation import WAITING, Fullness, backlog, machines, waiting
from loadlab.base.names import Component
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Bottleneck, Confidence, Resource
from loadlab.validity import bounds


def attribute(trial: TrialMeasurement) -> Bottleneck:
    """Name the bottleneck of one trial."""
    queues = sorted((*waiting(trial), *database_waits(trial)), key=_by_rank)
    looked_at = list(backlog(trial)), sorted(machines(trial), key=_by_share), queues
    full = [found for rank in looked_at for found in rank if found.is_full]
    if not full:
        return _nothing_full(trial, [found for rank in looked_at for found in rank])
    named, *others = full
    busy = [found for found in looked_at[1] if _may_be_behind(found, named)]
    remarks = [("also full", others), ("nearly full", busy)]
    also = "".join(f"; {word}: {_evidence(found)}" for word, found in remarks if found)
    confidence = Confidence.MEDIUM if also else Confidence.HIGH
    return Bottleneck(name=named.resource, confidence=confidence, evidence=named.evidence + also)


def attribute_cell(found: Sequence[Bottleneck]) -> Bottleneck | None:
    """Name the bottleneck of a cell's replicates: what most of them say; None without any."""
    if not found:
        return None
    votes = Counter(each.name for each in found)
    ranks = list(Resource)
    winner = min(votes, key=lambda name: (-votes[name], ranks.index(name)))
    # The wordiest of the winners, then the first by its text: the order of trials means nothing.
    voice = min((f for f in found if f.name is winner), key=_least_certain)
    if len(votes) == 1:
        return voice
    dissent = ", ".join(f"{n} of {len(found)} {name}" for name, n in sorted(votes.items()))
    evidence = f"{voice.evidence}; replicates differ: {dissent}"
    return Bottleneck(name=winner, confidence=Confidence.LOW, evidence=evidence)


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


def _least_certain(found: Bottleneck) -> tuple[int, str]:
    return -list(Confidence).index(found.confidence), found.evidence


def _nothing_full(trial: TrialMeasurement, looked_at: Iterable[Fullness]) -> Bottleneck:
    if reason := next(_as_asked(trial), None):
        return Bottleneck(name=Resource.LOAD, confidence=Confidence.HIGH, evidence=reason)
    fullest = max(looked_at, key=lambda found: found.share, default=None)
    known = f"nothing was full; the fullest: {fullest.evidence}" if fullest else "nothing is known"
    blind = "" if trial.load.instrumented else "; without instruments only CPU is seen"
    return Bottleneck(name=Resource.UNATTRIBUTED, confidence=Confidence.LOW, evidence=known + blind)


def _as_asked(trial: TrialMeasurement) -> Iterator[str]:
    """Say why the load itself was the limit, where it was."""
    offered, achieved = trial.load.rate_per_second, trial.achieved_rate
    is_kept = achieved is not None and not trial.dropped_iterations
    if offered and is_kept and (achieved or 0.0) >= bounds.ACHIEVED_RATE * offered:
        yield f"nothing was full, and the offered {offered:g}/s were kept"
    if not trial.load.open_model and trial.load.virtual_users == 1:
        yield "nothing was full: one user waits for each answer before it asks again"
    wait = trial.expected.wait_ms if trial.expected else 0.0
    mean = trial.latency.mean_us / 1000
    if wait and Component.SERVICE in trial.components and mean <= bounds.WAIT_EXPLAINS * wait:
        yield f"nothing was full, and {mean:.0f} ms an answer are the {wait:g} ms that it waits"
