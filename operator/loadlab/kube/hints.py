"""What a pass is told besides what it reads: without it, it is only later."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from loadlab.kube.standing import Standing
from loadlab.measurement.documents import Progress
from loadlab.model.status import Preparation
from loadlab.progress.observed import NOBODY_AHEAD, Place


@dataclass(frozen=True, slots=True)
class Hints:
    """What events and followed logs said before; without them a pass is only later.

    `reported` holds the uids of pods whose log is known to be complete, `preparations` what the
    data sets' Jobs said last, `progress` what generators did, `place` who is known to be ahead,
    `former` the turns of experiments that were deleted since.
    `set_aside` are the uids of those for whom nobody waits, whatever their status says.
    `standing` is how the experiment itself stood when it was heard of last.
    With `alone` no other pass is under way that may begin or act upon an experiment.
    """

    reported: Set[str] = frozenset()
    preparations: Mapping[str, Preparation] = field(default_factory=dict)
    progress: Mapping[str, Progress] = field(default_factory=dict)
    place: Place = NOBODY_AHEAD
    former: tuple[Standing, ...] = ()
    set_aside: Set[str] = frozenset()
    standing: Standing | None = None
    alone: bool = True


NO_HINTS = Hints()
