"""What speaks against trusting an experiment as a whole: its nodes, and its noise floor."""

from collections.abc import Iterator

from loadlab.analysis.noise_floor import told
from loadlab.cli.experiment import Experiment
from loadlab.model.status import ConditionType, Truth

Line = list[str | tuple[str, str]]  # pieces, with their colour where they have one


def lines(experiment: Experiment) -> Iterator[Line]:
    """Say how many runs others have spoiled, and what a cell differs by from itself."""
    quiet, trusted = map(experiment.condition, (ConditionType.QUIET, ConditionType.TRUSTWORTHY))
    if quiet and quiet.message:
        is_quiet = quiet.status is Truth.TRUE
        word = ("Quiet", "yellow") if is_quiet else ("Not quiet", "red")
        yield [word, f": {quiet.message}"]
    if trusted and trusted.message:
        unknown = trusted.status is Truth.UNKNOWN
        word = ("Trust unknown", "yellow") if unknown else ("Not trustworthy", "red")
        yield [word, f": {trusted.message}"]
    elif floors := experiment.status.noise_floor:
        yield [f"The same cell twice: {told(floors)}"]
