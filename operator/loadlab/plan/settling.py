"""Whether a trial goes before the first block that only settles the machine."""

from loadlab.base.quantities import seconds
from loadlab.model.spec.load import Executor, Load


def may_settle(load: Load) -> bool:
    """Whether one is wanted and can be shorter: the scenarios of a script are as long as they are.

    Before a single trial there is none all the same.
    """
    return bool(seconds(load.settling)) and load.executor is not Executor.SCRIPT
