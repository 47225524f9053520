"""A preview in words."""

from collections import Counter
from collections.abc import Iterator, Sequence

from loadlab.cli.preview import BESIDE_LOAD_SECONDS, Asked, Preview
from loadlab.model.trial import TrialRole
from loadlab.plan.traced import NOTHING_TO_TRACE, untraced_variants
from loadlab.spelling import counted
from loadlab.spelling import seconds as spell_seconds

_BEFORE = {
    TrialRole.SETTLING: "to settle the machine",
    TrialRole.PILOT: "to find what each cell carries",
    TrialRole.CALIBRATION: "to calibrate k6",
}
_SHOWN = 12  # cells of the first block
_MEBIBYTE = 2**20


def lines_of(found: Preview) -> Iterator[str]:
    """Yield the cells, their order, the time and what is asked of the node."""
    plan = found.plan
    yield f"{found.name}: {_trials(found)}"
    for role, number in Counter(trial.role for trial in plan.preliminary).items():
        yield f"  before them {number} {_BEFORE[role]}"
    if plan.traced:
        yield f"  after them {len(plan.traced)} to trace requests"
    if untraced := untraced_variants(plan.context):
        yield f"  nothing to trace in {', '.join(untraced)}: {NOTHING_TO_TRACE}"
    if found.grows:
        yield f"  {found.grows}"
    yield f"  first block, in an order that the seed decides: {_first(found)}"
    most = "at most " * found.searches
    yield f"  {most}about {spell_seconds(found.estimated_seconds)}: {_time(found)}"
    yield (
        "    not counted: images that are pulled, a large data set, waits for a quiet node, and "
        "runs that are repeated"
    )
    yield from _asked(found.asked())


def _trials(found: Preview) -> str:
    plan = found.plan
    cells, trials = counted(len(plan.arms), "cell"), counted(plan.most_trials, "trial")
    if found.searches:
        return f"{cells}, each searched for what it carries = at most {trials}"
    return f"{cells} x {counted(plan.context.spec.replicates, 'replicate')} = {trials}"


def _first(found: Preview) -> str:
    titles = [trial.arm.title() for trial in found.first_block]
    more = f", and {len(titles) - _SHOWN} more" if len(titles) > _SHOWN else ""
    return ", ".join(titles[:_SHOWN]) + more


def _time(found: Preview) -> str:
    load, trials = spell_seconds(found.load_seconds), found.most_trials
    each = f" for each of {trials} trials" if trials != 1 else ""
    return (
        f"{load} of load, {BESIDE_LOAD_SECONDS:.0f} s beside it{each}, "
        f"{found.preparing_seconds:.0f} s for what is made once"
    )


def _asked(asked: Sequence[Asked]) -> Iterator[str]:
    pods = sum(each.pods for each in asked)
    cpus = sum(each.cpus for each in asked)
    memory = sum(each.memory for each in asked) / _MEBIBYTE
    yield f"  asks for {cpus:.2f} CPUs and {memory:,.0f} MiB in {pods} pods, at most:"
    for each in asked:
        size = f"{each.cpus:6.2f} CPUs {each.memory / _MEBIBYTE:8,.0f} MiB"
        yield f"    {each.component:<10}{each.pods:>3} {'pod ' if each.pods == 1 else 'pods'}{size}"
