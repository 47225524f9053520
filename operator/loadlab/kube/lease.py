"""One writer: a Lease of the operator's own, and no write unless it outlasts that write.

The API server knows no fencing, so this alone is not proof against a writer that was stopped in
the middle of a request. What is left is closed elsewhere: children's names are deterministic,
deletions carry the uid and patches of a status the resourceVersion of what was read.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from loadlab.base.times import rfc3339_micro
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.errors import ClusterError, NotTheWriterError

DURATION = 15  # seconds without a renewal after which another may take it
RENEW_EVERY = 2.0  # seconds between renewals
LOOK_EVERY = 1.0  # seconds between looks at another's
ANSWER = 5.0  # seconds for the two requests of a renewal
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LeaseName:
    """Where the Lease is, and who we are: no two processes alive share an identity."""

    namespace: str
    name: str
    identity: str


class LeaseStore(Protocol):
    """The verbs that a Lease needs."""

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """Return an object, or None where there is none."""
        ...

    async def create(self, manifest: Manifest) -> Manifest | None:
        """Create an object; None where one of its name is there already."""
        ...

    async def replace(self, manifest: Manifest) -> bool:
        """Write an object in the version that it carries; False where that is no longer there."""
        ...


class Lease:
    """Acquired, renewed and given back; `left` says for how long nobody else can take it."""

    def __init__(
        self,
        store: LeaseStore,
        place: LeaseName,
        monotonic: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._place = place
        self._monotonic = monotonic
        self._clock = clock
        self._valid_until = float("-inf")
        # Another's, and since when it has not changed by our own clock: theirs may be wrong.
        self._seen, self._seen_since = "", 0.0
        self._held = asyncio.Event()
        self._said = "not tried"

    @property
    def left(self) -> float:
        """Seconds for which nobody else can take it; below 0 where it is not ours."""
        return self._valid_until - self._monotonic()

    def require(self, seconds: float) -> None:
        """Let a write that may take so long begin.

        Raises:
            NotTheWriterError: another operator may become the writer meanwhile.
        """
        if self.left < seconds:
            self._held.clear()
            raise NotTheWriterError(
                f"nothing is written: the Lease {self._place.namespace}/{self._place.name} "
                f"is not known to be ours for {seconds:.0f} s"
            )

    async def held(self) -> None:
        """Wait until it is ours."""
        await self._held.wait()

    async def keep(self) -> None:
        """Acquire it and renew it until cancelled."""
        while True:
            await self._try()
            await asyncio.sleep(RENEW_EVERY if self.left > 0 else LOOK_EVERY)

    async def give_back(self) -> None:
        """Let the next operator take it at once; where that fails, it takes it when it expires."""
        if self.left <= 0:
            return
        self._valid_until, place = float("-inf"), self._place
        try:
            async with asyncio.timeout(ANSWER):
                found = await self._store.get(Kind.LEASE, place.namespace, place.name)
                if found and _holder(found) == place.identity:
                    nobodys = {**found["spec"], "holderIdentity": ""}
                    await self._store.replace(self._manifest(found, nobodys))
        except (ClusterError, TimeoutError) as error:
            log.warning("lease not given back", error=repr(error))

    async def _try(self) -> None:
        try:
            async with asyncio.timeout(ANSWER):
                await self._acquire_or_renew()
            said = "" if self.left > 0 else "another operator holds it"
        except (ClusterError, TimeoutError) as error:
            said = repr(error)
        if self.left <= 0:
            self._held.clear()
        if said != self._said:  # once, however long it lasts
            log.info("lease", state=said or "held", identity=self._place.identity)
            self._said = said

    async def _acquire_or_renew(self) -> None:
        place, asked = self._place, self._monotonic()
        found = await self._store.get(Kind.LEASE, place.namespace, place.name)
        if found is not None and not self._may_take(found):
            self._valid_until = float("-inf")
            return
        wanted = self._manifest(found or {}, self._spec((found or {}).get("spec") or {}))
        done = await (self._store.replace if found else self._store.create)(wanted)
        if done:  # it counts from before the request: for all others it begins after that
            self._valid_until = asked + DURATION
            self._held.set()

    def _may_take(self, found: Manifest) -> bool:
        """Whether it is ours, nobody's, or has not been renewed for its duration."""
        version = found["metadata"]["resourceVersion"]
        if _holder(found) in {"", self._place.identity}:
            return True
        if self._seen != version:
            self._seen, self._seen_since = version, self._monotonic()
        duration = (found.get("spec") or {}).get("leaseDurationSeconds") or 0
        return self._monotonic() - self._seen_since > max(DURATION, duration)

    def _spec(self, former: Manifest) -> Manifest:
        now, identity = rfc3339_micro(self._clock()), self._place.identity
        is_ours = former.get("holderIdentity") == identity
        return {
            "holderIdentity": identity,
            "leaseDurationSeconds": DURATION,
            "acquireTime": former.get("acquireTime", now) if is_ours else now,
            "renewTime": now,
            "leaseTransitions": former.get("leaseTransitions", 0) + (bool(former) and not is_ours),
        }

    def _manifest(self, found: Manifest, spec: Manifest) -> Manifest:
        """Return the Lease to write: over what was found, in that version and no other."""
        named = {"name": self._place.name, "namespace": self._place.namespace}
        api = {"apiVersion": "coordination.k8s.io/v1", "kind": Kind.LEASE.value.word}
        return {**api, "metadata": {**found.get("metadata", {}), **named}, "spec": spec}


def _holder(found: Manifest) -> str:
    return (found.get("spec") or {}).get("holderIdentity") or ""
