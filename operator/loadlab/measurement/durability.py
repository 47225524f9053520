"""Was accepted work done: the client's count and checksums of ids against the steward's account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loadlab.measurement.documents import Account, K6Document

EXACT_FLOAT = 2**53
"""The account passes through JavaScript numbers: whole ones are exact below this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteAccount:
    """What became of the accepted writes of one trial."""

    accepted: int
    persisted: int  # rows
    distinct: int  # request ids among the rows
    pending: int
    dead_lettered: int
    drained: bool
    drain_seconds: float
    ids_match: bool
    ids_exact: bool = True  # whether the checksums survive a JavaScript number

    @property
    def duplicates(self) -> int:
        """Rows beyond one for each request id."""
        return self.persisted - self.distinct

    @property
    def lost(self) -> int:
        """Accepted writes that are nowhere."""
        return max(0, self.accepted - self.distinct - self.pending - self.dead_lettered)

    @property
    def unacknowledged(self) -> int:
        """Rows whose client never saw an acceptance."""
        return max(0, self.distinct - self.accepted)


def account_for(documents: Sequence[K6Document], account: Account | None) -> WriteAccount | None:
    """Compare both sides; None without an account of rows."""
    if account is None or account.persisted is None:
        return None
    counters = [document.counters for document in documents]
    sums = sum(c.accepted_id_sum for c in counters), sum(c.accepted_id_mix for c in counters)
    distinct = account.persisted if account.distinct is None else account.distinct
    return WriteAccount(
        accepted=sum(c.accepted for c in counters),
        persisted=account.persisted,
        distinct=distinct,
        pending=account.pending,
        dead_lettered=account.dead_lettered,
        drained=account.drained,
        drain_seconds=account.drain_seconds,
        ids_match=sums == (account.id_sum, account.id_mix),
        ids_exact=max(*sums, account.id_sum or 0, account.id_mix or 0) < EXACT_FLOAT,
    )


def told_by_stores(account: Account | None) -> dict[str, Any]:
    """Return what stores told of a run, by the names of the measurement's fields."""
    return {"refused": account.refused, "noted": account.noted} if account else {}
