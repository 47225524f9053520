"""What a steward is told about its callers, and what one of them must send."""

from typing import Any

TOKEN = "0123456789abcdef" * 2
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


def access(run: str, **targets: str) -> dict[str, Any]:
    """Settings that let in the run's pods; its one variant `own` has these instruments."""
    prefix = run.rsplit("-", 2)[0]
    return {
        "steward_token": TOKEN,
        "run_prefix": prefix,
        "snapshot_targets": {"own": targets},
        "quiet_seconds": 0,
    }
