"""The operator dies at every single request, before it or right after it took effect.

However it died, a fresh one must bring the experiment to the end that an undisturbed one reaches:
the same phase, verdict and rows, every trial run once, nothing left behind. Each death is a case
of its own, named after the request; the classes let the workers of pytest-xdist share them
(`--dist loadscope`).
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from tests.manifests import Json
from tests.reconcile.laboratory import Laboratory

# Without the short load of most tests: there is a settling trial before the others.
SPEC: Json = {"replicates": 1, "load": {"duration": "5s", "warmup": "1s"}}
READS = ("get", "list", "logs", "last_lines")


@dataclass(frozen=True)
class Moment:
    """What there is before a pass."""

    calls: int
    now: float
    cluster: bytes


class Undisturbed:
    """A run without a death, and the moments between its passes."""

    def __init__(self, *, forgetful: bool) -> None:
        self.lab = Laboratory(forgetful=forgetful)
        self.lab.submit(**SPEC)
        self.moments: list[Moment] = []
        asyncio.run(self._run())

    async def _run(self) -> None:
        while not self.lab.is_finished():
            cluster = self.lab.cluster
            self.moments.append(Moment(len(cluster.calls), self.lab.now, cluster.saved()))
            await self.lab.step()

    def before(self, call: int) -> Moment:
        """Return the last moment before a request."""
        return max((m for m in self.moments if m.calls <= call), key=lambda moment: moment.now)


def outcome(lab: Laboratory) -> dict[str, Any]:
    status = lab.status()
    return {
        "phase": status["phase"],
        "verdict": status["verdict"],
        "progress": status["progress"],
        "fingerprint": status["fingerprint"],
        "results": status["results"],
        "runs": sorted(lab.cluster.finished_runs),
        "leftovers": lab.leftovers(),
    }


CALM = {forgetful: Undisturbed(forgetful=forgetful) for forgetful in (True, False)}
CALM_OUTCOME = outcome(CALM[True].lab)


def requests(*, forgetful: bool) -> list[Any]:
    """Every request of an undisturbed run, each a case."""
    made = CALM[forgetful].lab.cluster.calls
    return [
        pytest.param(call, request, id=f"{call} {request}") for call, request in enumerate(made)
    ]


def writes(*, forgetful: bool) -> list[Any]:
    """Only the requests that have an effect."""
    every = requests(forgetful=forgetful)
    return [case for case in every if not str(case.values[1]).startswith(READS)]


def assert_death_changes_nothing(
    call: int, request: str, *, after_effect: bool, forgetful: bool
) -> None:
    lab = Laboratory(forgetful=forgetful)
    if forgetful:  # the passes before are those of the undisturbed one: none knows of another
        moment = CALM[forgetful].before(call)
        lab.now = moment.now
        lab.cluster.resume(moment.cluster)
    else:
        lab.submit(**SPEC)
    lab.cluster.crash_at = call
    lab.cluster.crash_after_effect = after_effect

    asyncio.run(lab.run())

    died = f"died {'after' if after_effect else 'before'} request {call}: {request}"
    assert lab.cluster.crash_at is None, f"never {died}"
    reached = outcome(lab)
    differs = {
        field: {"undisturbed": calm, "after the death": reached[field]}
        for field, calm in CALM_OUTCOME.items()
        if reached[field] != calm
    }
    assert differs == {}, died


class TestAnOperatorThatIsFreshInEachPass:
    @pytest.mark.parametrize(("call", "request_"), requests(forgetful=True))
    def test_may_die_before_any_request(self, call, request_):
        assert_death_changes_nothing(call, request_, after_effect=False, forgetful=True)


class TestAnOperatorThatIsFreshInEachPassAndWrites:
    @pytest.mark.parametrize(("call", "request_"), writes(forgetful=True))
    def test_may_die_after_any_write(self, call, request_):
        assert_death_changes_nothing(call, request_, after_effect=True, forgetful=True)


class TestAnOperatorThatRemembers:
    """Before a read it knows no more than a fresh one, with which that death is tried."""

    @pytest.mark.parametrize(("call", "request_"), writes(forgetful=False))
    def test_may_die_before_any_write(self, call, request_):
        assert_death_changes_nothing(call, request_, after_effect=False, forgetful=False)

    @pytest.mark.parametrize(("call", "request_"), writes(forgetful=False))
    def test_may_die_after_any_write(self, call, request_):
        assert_death_changes_nothing(call, request_, after_effect=True, forgetful=False)

    def test_comes_to_the_same_result(self):
        assert outcome(CALM[False].lab) == CALM_OUTCOME
