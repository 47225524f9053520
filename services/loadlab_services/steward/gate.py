"""Where the pods of a run wait for each other, and all get the same answer at the same moment."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from loadlab_services.steward.errors import PodsDifferError, PodsMissingError

T = TypeVar("T")
# What is done once per gate; it awaits the event where it needs all pods to be there.
Work = Callable[[asyncio.Event], Awaitable[T]]


class Gate(Generic[T]):
    """Opens once for all pods of a run. A pod that comes again later gets the same answer."""

    def __init__(self, *, run: str, pods: int, work: Work[T]) -> None:
        self._run = run
        self._pods = pods
        self._work = work
        self._waiting: Counter[int] = Counter()
        self._everyone = asyncio.Event()
        self._outcome: asyncio.Task[T] | None = None

    async def enter(self, pod: int, *, pods: int, timeout: float) -> T:  # noqa: ASYNC109 (a deadline of the caller's)
        """Wait for the others and for the work; PodsMissingError after `timeout` seconds."""
        if pods != self._pods:
            raise PodsDifferError(run=self._run, known=self._pods, said=pods)
        self._waiting[pod] += 1
        if len(+self._waiting) == self._pods:
            self._everyone.set()
        try:
            # Shielded: one caller's deadline must not end the work that the others wait for.
            return await asyncio.wait_for(asyncio.shield(self._started()), timeout)
        except TimeoutError:
            raise PodsMissingError(run=self._run, missing=self.missing, waited=timeout) from None
        finally:
            self._waiting[pod] -= 1

    @property
    def missing(self) -> list[int]:
        present = +self._waiting
        return [pod for pod in range(self._pods) if pod not in present]

    async def close(self) -> None:
        """Give up on work that nobody will wait for any more."""
        if self._outcome is not None:
            self._outcome.cancel()
            await asyncio.gather(self._outcome, return_exceptions=True)

    def _started(self) -> "asyncio.Task[T]":
        failed = self._outcome is not None and self._outcome.done() and _went_wrong(self._outcome)
        if self._outcome is None or failed:
            self._outcome = asyncio.create_task(self._do_work(), name=f"gate-{self._run}")
            # A failure is told to whoever waits; where nobody does any more, it is not an accident.
            self._outcome.add_done_callback(_went_wrong)
        return self._outcome

    async def _do_work(self) -> T:
        return await self._work(self._everyone)


def _went_wrong(task: "asyncio.Task[T]") -> bool:
    return task.cancelled() or task.exception() is not None
