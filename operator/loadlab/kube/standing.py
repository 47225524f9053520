"""How an experiment stands in the queue: as much of it as decides who is next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from loadlab.model.status import Phase
from loadlab.model.status.conditions import ConditionType, Truth

OVER = {phase.value for phase in Phase if phase.is_terminal}
ACTIVE = {phase.value for phase in Phase if phase is not Phase.PENDING} - OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One experiment among all; times are RFC 3339 in whole seconds, empty for never."""

    namespace: str
    name: str
    uid: str
    created: str
    phase: str  # as it is spelt, also one that this release does not know
    started: str
    ended: str
    deleting: bool
    suspended: bool
    stalled: bool  # held up by what it says itself

    @property
    def waits(self) -> bool:
        """Whether it has not begun, and will."""
        return self.phase == Phase.PENDING and not self.deleting

    @property
    def may_begin(self) -> bool:
        """Whether nothing but others keeps it from beginning."""
        return not (self.suspended or self.stalled)

    @property
    def is_under_way(self) -> bool:
        """Whether it runs, or may have begun in a phase of another release.

        One that is deleted and held by a finalizer is cleared away first, which takes seconds.
        """
        return self.phase in ACTIVE if self.deleting else self.phase not in {*OVER, Phase.PENDING}

    @property
    def holds_up_others(self) -> bool:
        """Whether somebody may have to wait for it: one that can't move is ahead of nobody."""
        return self.is_under_way or (self.waits and self.may_begin)

    def set_aside(self) -> Self:
        """Return it as one for whom nobody waits: it can't begin, or nothing of it runs."""
        if self.waits:
            return replace(self, stalled=True)
        return replace(self, phase=Phase.FAILED.value, deleting=False)

    @property
    def age(self) -> tuple[str, str]:
        """What makes one older than another."""
        return self.created, self.uid


def standing_of(body: Mapping[str, Any]) -> Standing:
    """Return how an experiment stands, by its resource."""
    metadata, spec, status = body["metadata"], body.get("spec") or {}, body.get("status") or {}
    return Standing(
        namespace=metadata.get("namespace") or "",
        name=metadata.get("name") or "",
        uid=metadata.get("uid") or "",
        created=metadata.get("creationTimestamp") or "",
        phase=str(status.get("phase") or Phase.PENDING.value),
        started=str(status.get("startTime") or ""),
        ended=str(status.get("completionTime") or ""),
        deleting=bool(metadata.get("deletionTimestamp")),
        suspended=bool(spec.get("suspend")),
        stalled=_is_stalled(status),
    )


def retains_pods(body: Mapping[str, Any]) -> bool:
    """Whether an experiment that is over says that it keeps pods to be looked at."""
    return bool((body.get("status") or {}).get("retained"))


def _is_stalled(status: Mapping[str, Any]) -> bool:
    conditions = status.get("conditions") or ()
    return any(
        condition.get("type") == ConditionType.STALLED and condition.get("status") == Truth.TRUE
        for condition in conditions
    )
