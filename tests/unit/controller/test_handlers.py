"""What of all that the watch tells leads to a look."""

import pytest

from loadlab.controller.handlers import Operator
from loadlab.controller.settings import from_environment

NEW = {"metadata": {"generation": 1, "uid": "new"}, "spec": {}}
WAITING = NEW | {
    "metadata": {"generation": 1, "uid": "waiting"},
    "status": {"phase": "Pending", "observedGeneration": 1},
}


@pytest.mark.parametrize(("changed", "first"), [(True, "new"), (False, "waiting")])
async def test_the_echo_of_having_told_one_to_wait_leads_to_no_look(changed, first):
    """After a start of the operator everything is looked at, whatever it was told."""
    operator = Operator(from_environment({}))
    operator.notice(("lab", "waiting"), WAITING, changed=changed)
    operator.notice(("lab", "new"), NEW)

    assert await operator.wakeups.next() == ("lab", first)
