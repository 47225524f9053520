"""The analysis of a whole sweep leaves room in the operator's memory, whose limit is 256 MiB.

The operator's own passes and its own client run in a process of their own, against an API server
in this one.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from tests.reconcile.stored_experiment import StoredExperiment

pytestmark = pytest.mark.integration

MOST_MIB = 150
MOST_SECONDS_A_TURN = 0.25
PROGRAM = "tests.reconcile.operator_process"


async def analysed(trials: int, empty: Path) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the status that the operator wrote, and what it took."""
    stored = StoredExperiment(trials)
    # To load the machine's certificates takes longer than the test.
    environment = os.environ | {"NO_PROXY": "127.0.0.1", "SSL_CERT_FILE": str(empty)}
    async with TestServer(stored.application(), host="127.0.0.1") as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", PROGRAM, str(server.make_url("")).rstrip("/")),
            stdout=asyncio.subprocess.PIPE,
            env=environment,
        )
        output, _ = await process.communicate()
    assert process.returncode == 0
    return stored.experiment["status"], json.loads(output.splitlines()[-1])  # after the log


@pytest.mark.parametrize(
    ("trials", "rows"), [(40, 20), pytest.param(1000, 40, marks=pytest.mark.measured)]
)
async def test_a_sweep_of_wells_is_analysed_within_the_operators_memory(trials, rows, tmp_path):
    (tmp_path / "certificates").touch()

    status, took = await analysed(trials, tmp_path / "certificates")

    print(trials, "trials:", took)
    assert (status["phase"], status["trials"]["succeeded"]) == ("Succeeded", trials)
    assert len(status["results"]) == rows
    assert took["peakMiB"] <= MOST_MIB
    assert took["longestTurn"] <= MOST_SECONDS_A_TURN
