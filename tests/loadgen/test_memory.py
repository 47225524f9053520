"""What a virtual user takes of the generator's memory: the pod asks for so much, and no more."""

import time
from pathlib import Path

import pytest

from loadlab.plan.virtual_users import BASE_MIB, COLLECTED_FROM, MEMORY_HEADROOM, MIB_PER_USER

pytestmark = [pytest.mark.integration, pytest.mark.measured]
USERS = 3000


def peak_mebibytes(lab, users: int) -> float:
    lab.server.ids, lab.server._barriers = [], {}
    config = lab.configure(virtualUsers=users, durationMs=8000, rampUpMs=1000)
    process = lab.start(config=config | {"thinkTimeMs": 1000})
    peak = 0.0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        found = [line for line in status.splitlines() if line.startswith("VmHWM")]
        peak = max(peak, *(float(line.split()[1]) / 1024 for line in found), 0.0)
        time.sleep(0.1)
    ended = lab.end(process)
    assert ended.code == 0, ended.stderr
    return peak


def test_users_take_no_more_than_the_pod_may(lab, capsys, monkeypatch):
    """Without the bound garbage is as much as what is used, and 10,000 users are too many."""
    limit = MEMORY_HEADROOM * (BASE_MIB + USERS * MIB_PER_USER)
    free = peak_mebibytes(lab, USERS)
    monkeypatch.setenv("GOMEMLIMIT", f"{COLLECTED_FROM * limit:.0f}MiB")
    bounded = peak_mebibytes(lab, USERS)

    with capsys.disabled():
        print(
            f"\nk6 with {USERS:,} users: {free:.0f} MiB, bounded {bounded:.0f} MiB of {limit:.0f}"
        )
    assert bounded < 0.97 * limit
