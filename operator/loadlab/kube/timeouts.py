"""How long the API server may take to answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each kind of request may take."""

    answer: float = 20.0
    write: float = 10.0  # the server gives up by then, too; below what a Lease is left with
    log: float = 60.0
    last_lines: float = 5.0  # a kubelet that is gone must not hold up the verdict
    watch: float = 300.0  # longer than the 240 s after which the server ends it
    follow: float = 6 * 3600.0  # longer than any load


USUAL = Timeouts()
