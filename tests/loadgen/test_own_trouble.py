"""Scripts that go wrong as scripts do: what a trial tells of them, by k6 itself."""

import json
from pathlib import Path

import pytest

from loadlab.measurement.documents import K6Document, Scenario
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.own_script import script_facts
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


@pytest.mark.parametrize("how", ["function", "async function"])
def test_what_an_iteration_throws_is_counted_and_logged_once(lab, server, tmp_path, how):
    script = tmp_path / "own.js"
    script.write_text(
        f"{IMPORTS}import {{ sleep }} from 'k6';\nconst users = [];\n"
        f"export default {how} () {{\nhttp.get({PAGE});\nusers[0].name;\nsleep(1);\n}}\n"
    )
    ended = run_ours(lab, script)
    scenario = measured(ended)

    (told,) = scenario["exceptions"]
    assert told["text"].startswith("TypeError: Cannot read property 'name' of undefined")
    assert told["text"].endswith("(own.js:6)")
    assert told["iterations"] == scenario["iterations"] == scenario["requests"] > 20
    assert 1 <= ended.stderr.count("Cannot read property") <= USERS + 2


def test_fail_is_counted_and_what_the_script_is_given_is_not_told(
    lab, server, tmp_path, monkeypatch
):
    monkeypatch.setenv("SHOP_PASSWORD", "correct horse")
    before = "import { fail } from 'k6';\n"
    said = "no ${__ENV.SHOP_PASSWORD} at ${__ENV.LOADLAB_TARGET}/x"
    body = f"http.get({PAGE});\nif (__ITER % 2) fail(`{said}`);"
    scenario = measured(run_ours(lab, written(tmp_path, body, before)))

    (told,) = scenario["exceptions"]
    assert told["text"].startswith("no *** at /x")
    assert told["iterations"] == pytest.approx(scenario["iterations"] / 2, abs=USERS)


def test_an_abort_still_ends_the_run(lab, server, tmp_path):
    body = f"http.get({PAGE});\nexec.test.abort('enough');"
    ended = run_ours(lab, written(tmp_path, body, "import exec from 'k6/execution';\n"))

    assert ended.code == 108
    assert "enough" in ended.document["error"]


def test_a_trend_of_bytes_is_judged_by_what_it_holds(lab, server, tmp_path):
    before = (
        "import { Trend } from 'k6/metrics';\nconst size = new Trend('size');\n"
        "export const options = { thresholds: { size: ['max<150000', 'p(95)<200000'] } };\n"
    )
    body = f"http.get({PAGE});\nsize.add(500000);\nsize.add(-1);"
    document = run_ours(lab, written(tmp_path, body, before)).document
    facts = script_facts([K6Document.model_validate(document)])

    assert facts is not None
    assert [bound.value for bound in facts.bounds] == [500_000]
    assert facts.unsupported == ("size: p(95)<200000, as it lies between 120000 and 500000",)


def test_a_pace_is_the_time_of_an_iteration(lab, server, tmp_path):
    before = "export const options = { minIterationDuration: '200ms' };\n"
    scenario = measured(run_ours(lab, written(tmp_path, f"http.get({PAGE});", before)))

    assert Histogram.decode(scenario["iteration_duration"]["hdr"]).mean_us >= 199_000
    assert scenario["iterations"] == pytest.approx(10 * USERS, abs=USERS)


def test_expected_and_unexpected_answers_of_one_name_are_told_apart(lab, server, tmp_path):
    before = "export const options = { systemTags: [] };\n"
    body = (
        "const url = `${__ENV.LOADLAB_TARGET}/private`, tags = { name: 'private' };\n"
        "http.get(url, { tags, responseCallback: http.expectedStatuses(403) });\n"
        "http.get(url, { tags });"
    )
    scenario = measured(run_ours(lab, written(tmp_path, body, before)))

    assert scenario["failed"] == scenario["iterations"] == scenario["requests"] / 2 > 10
    assert len(scenario["splits"]) == 2


def test_users_are_numbered_as_the_how_to_says(lab, server, tmp_path):
    body = (
        "const own = { id: exec.vu.idInTest, n: exec.vu.iterationInScenario, iter: __ITER };\n"
        "const text = JSON.stringify({ ...own, at: exec.scenario.name });\n"
        "http.post(`${__ENV.LOADLAB_TARGET}/echo`, text);"
    )
    script = written(tmp_path, body, "import exec from 'k6/execution';\n")
    measured(run_ours(lab, script))
    told = [json.loads(text) for text in server.echoed]
    load = [each for each in told if each["at"] == "measure"]

    assert len({each["id"] for each in load}) == USERS
    assert {each["id"] for each in told} <= set(range(1, USERS + 2))
    assert min(each["n"] for each in load) == 0
    assert max(each["iter"] for each in load) > max(each["n"] for each in load)
