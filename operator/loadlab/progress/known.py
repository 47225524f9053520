"""What is known of an experiment beside what a list shows."""

from dataclasses import dataclass

from loadlab.progress.observed import Child, Reference


@dataclass(frozen=True, slots=True)
class Known:
    """What an experiment had when it was looked at last: what makes pods, and the pods."""

    makers: tuple[Reference, ...] = ()
    pods: tuple[Child, ...] = ()


NOTHING_KNOWN = Known()
