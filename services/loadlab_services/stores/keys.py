"""The keys of Redis. All of a workload's begin alike, and the steward deletes them before a run."""


def key_prefix(workload: str) -> str:
    """Give what all keys of a workload in Redis begin with; no other user of a shared Redis has."""
    return f"loadlab:{workload}:"
