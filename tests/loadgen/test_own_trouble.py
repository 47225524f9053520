"""Scripts that go wrong as scripts do: what a trial tells of them, by k6 itself."""

from pathlib import Path

import pytest

from loadlab.measurement.documents import Scenario
from loadlab.measurement.without_answer import without_answer
from loadlab.plan.expected import LoadFacts
from tests.loadgen.own_script import USERS, Site, measured, run_ours

pytestmark = pytest.mark.integration
PAGE = "`${__ENV.LOADLAB_TARGET}/page`"  # which takes 20 ms
IMPORTS = "import http from 'k6/http';\n"


@pytest.fixture
def server():
    return Site()


def written(folder: Path, body: str, before: str = "") -> Path:
    file = folder / "own.js"
    file.write_text(f"{IMPORTS}{before}export default function () {{\n{body}\n}}\n")
    return file


def test_a_time_out_of_the_script_is_what_was_waited_for(lab, server, tmp_path):
    body = f"http.get({PAGE});\nhttp.get({PAGE}, {{ timeout: '8ms' }});"
    found = Scenario.model_validate(measured(run_ours(lab, written(tmp_path, body))))
    load = LoadFacts(
        open_model=False,
        virtual_users=USERS,
        duration_seconds=2.0,
        timeout_ms=60_000.0,
        own_script=True,
    )
    waited = without_answer([found], load)

    assert waited.requests == found.iterations > 10
    assert 5 < waited.after_ms < 20
