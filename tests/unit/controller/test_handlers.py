"""Which events lead to a pass."""

import asyncio

import pytest

from loadlab.controller.handlers import Operator
from loadlab.controller.settings import from_environment

NEW = {"metadata": {"generation": 1, "uid": "new"}, "spec": {}}
WAITING = NEW | {
    "metadata": {"generation": 1, "uid": "waiting"},
    "status": {"phase": "Pending", "observedGeneration": 1},
}


@pytest.mark.parametrize(("changed", "asked"), [(True, {"new"}), (False, {"new", "waiting"})])
async def test_the_echo_of_our_own_write_leads_to_no_pass(changed, asked):
    """After a start of the operator everything is reconciled, whatever its status says."""
    operator = Operator(from_environment({}))
    operator.handle_event(("lab", "waiting"), WAITING, changed=changed)
    operator.handle_event(("lab", "new"), NEW)

    taken = {(await operator.work_queue.get())[1] for _ in asked}
    assert taken == asked
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(operator.work_queue.get(), timeout=0.01)


async def test_who_is_next_is_looked_at_before_all_others_that_wait():
    operator = Operator(from_environment({}))
    for number in range(9):
        metadata = {
            "generation": 1,
            "uid": f"u{number}",
            "creationTimestamp": f"2026-01-0{9 - number}",
        }
        body = {"metadata": metadata | {"namespace": "lab"}, "spec": {}}
        operator.handle_event(("lab", f"e{number}"), body)

    assert await operator.work_queue.get() == ("lab", "e8")


@pytest.mark.parametrize("phase", ["Succeeded", "Running"])
async def test_whoever_waits_is_told_of_each_one_that_is_gone(phase):
    """One that is over holds up nobody, and yet its turn decides who is next."""
    operator = Operator(from_environment({}))
    gone = NEW | {"status": {"phase": phase}}
    operator.handle_event(("lab", "gone"), gone)
    operator.handle_event(("lab", "waiting"), WAITING)
    for _ in range(2):
        operator.work_queue.done(await operator.work_queue.get(), 300.0)

    operator.handle_event(("lab", "gone"), None)

    taken = {await operator.work_queue.get(), await operator.work_queue.get()}
    assert taken == {("lab", "gone"), ("lab", "waiting")}
