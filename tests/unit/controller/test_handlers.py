"""Which events lead to a pass."""

import pytest

from loadlab.controller.handlers import Operator
from loadlab.controller.settings import from_environment

NEW = {"metadata": {"generation": 1, "uid": "new"}, "spec": {}}
WAITING = NEW | {
    "metadata": {"generation": 1, "uid": "waiting"},
    "status": {"phase": "Pending", "observedGeneration": 1},
}


@pytest.mark.parametrize(("changed", "first"), [(True, "new"), (False, "waiting")])
async def test_the_echo_of_our_own_write_leads_to_no_pass(changed, first):
    """After a start of the operator everything is reconciled, whatever its status says."""
    operator = Operator(from_environment({}))
    operator.handle_event(("lab", "waiting"), WAITING, changed=changed)
    operator.handle_event(("lab", "new"), NEW)

    assert await operator.work_queue.get() == ("lab", first)
