"""Ten kinds of k6 script, run within a trial and by plain k6: the same requests, the same times.

The site answers after 20 ms, and an iteration sleeps for 50 ms, so that a rate follows from the
script alone. Both run side by side: what else the machine does moves both.
"""

import json

import pytest

from loadlab.measurement.documents import K6Document
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.own_script import script_facts
from tests.loadgen.own_script import (
    DELAY,
    OWN,
    SCRIPTS,
    SECONDS,
    USERS,
    Site,
    measured,
    run_ours,
    start_plain,
)

pytestmark = pytest.mark.integration
PER_ITERATION = {
    "checks.js": 1, "groups.js": 2, "tags.js": 3, "metrics.js": 1, "thresholds.js": 1,
    "batch.js": 3, "data.js": 1, "cookies.js": 2, "setup.js": 1,
}  # fmt: skip
TOLERANCE = 0.2  # of the median: they begin half a second apart, on a machine that others use
OF_RATE = 0.35


@pytest.fixture
def server():
    return Site()


def latency_of(scenario):
    found = [split["http_req_duration"]["hdr"] for split in scenario["splits"]]
    return Histogram.merged([Histogram.decode(hdr) for hdr in found])


@pytest.mark.parametrize("name", PER_ITERATION)
def test_a_script_makes_the_same_requests_in_the_same_time_as_by_k6_alone(lab, server, name):
    ends = start_plain(lab, name, f"--vus={USERS}", f"--duration={SECONDS}s")
    ours, plain = measured(run_ours(lab, name, warmupMs=0)), ends()

    asked = len(plain.values("http_req_duration"))
    assert asked == PER_ITERATION[name] * plain.iterations
    assert ours["requests"] == PER_ITERATION[name] * ours["iterations"]
    assert ours["failed"] == sum(plain.values("http_req_failed")) == 0
    assert ours["iterations"] == pytest.approx(plain.iterations, rel=OF_RATE)
    times = sorted(plain.values("http_req_duration"))
    found = latency_of(ours).percentile_us(50) / 1000
    usual = times[len(times) // 2]
    print(f"{name}: {ours['iterations']} iterations, {found:.2f} ms", end="; ")
    print(f"by k6 alone {plain.iterations}, {usual:.2f} ms")
    assert found == pytest.approx(usual, rel=TOLERANCE)
    assert found >= DELAY * 1000


def test_names_are_paths_and_are_capped(lab, server):
    document = run_ours(lab, "tags.js").document
    splits = {
        split["name"]: split["requests"] for split in document["scenarios"]["measure"]["splits"]
    }

    iterations = document["scenarios"]["measure"]["iterations"]
    assert splits["/page?n=${}"] == splits["some JSON"] == iterations
    assert len(splits) == 13
    named_each = sum(name.startswith("/page?n=") for name in splits) - 1  # one is the template's
    assert splits["__other__"] == iterations - named_each > 0
    K6Document.model_validate(document)


def test_checks_are_counted_by_name_and_a_custom_metric_is_kept(lab, server):
    checked = run_ours(lab, "checks.js").document
    told = run_ours(lab, "metrics.js").document

    iterations = checked["scenarios"]["measure"]["iterations"]
    assert checked["checks"] == {
        "is 200": {"passed": iterations, "failed": 0},
        "says hello": {"passed": iterations, "failed": 0},  # bodies are kept, as k6 does
        "never so": {"passed": 0, "failed": iterations},
    }
    asked = told["scenarios"]["measure"]["iterations"]
    assert told["counters"]["bytes_seen"] == asked * len('{"a": 1, "b": 2, "c": 3}')
    trends = {name: Histogram.decode(found["hdr"]) for name, found in told["trends"].items()}
    assert trends["parsing"].count == trends["fields"].count == asked
    assert trends["parsing"].mean_us == pytest.approx(12_500, rel=0.001)
    assert trends["fields"].mean_us == pytest.approx(3_000, rel=0.001)


def test_thresholds_and_what_is_not_in_force_are_told(lab, server):
    document = run_ours(lab, "thresholds.js").document

    assert document["script"]["ignored"] == []
    assert document["script"]["thresholds"] == [
        {"metric": "http_req_duration", "threshold": "p(95)<5000"},
        {"metric": "http_req_duration", "threshold": "avg<4000"},
        {"metric": "http_req_failed", "threshold": "rate<0.01"},
        {"metric": "waited", "threshold": "p(99)<5000"},
        {"metric": "checks", "threshold": "rate>0.9"},
        {"metric": "http_req_duration{kind:json}", "threshold": "max<1"},
    ]
    facts = script_facts([K6Document.model_validate(document)])
    assert facts is not None
    assert [bound.metric for bound in facts.bounds][2:] == ["http_req_failed", "waited"]
    assert DELAY * 1000 <= (facts.bounds[3].value or 0) < 5000
    assert facts.unsupported == ("checks: rate>0.9", "http_req_duration{kind:json}: max<1")
    ignored = run_ours(lab, "scenarios.js", function="read").document["script"]["ignored"]
    assert ignored == ["scenarios"]


def test_setup_and_teardown_are_called_once_and_setup_data_arrives(lab, server):
    ended = run_ours(lab, "setup.js", function="browse")

    assert measured(ended)["failed"] == 0
    assert server.asked["POST /login"] == server.asked["POST /logout"] == 1
    assert [sorted(told) for told in ended.lines("loadlab_account")]


def test_a_file_beside_it_is_read_and_its_summary_goes_nowhere(lab, server):
    ended = run_ours(lab, "data.js")

    assert {json.loads(body)["name"] for body in server.echoed} == {"Ann", "Bob", "Zoë"}
    assert "nobody's" not in ended.stdout + ended.stderr


def test_its_scenarios_are_the_load_where_the_experiment_says_so(lab, server):
    ended = run_ours(lab, "scenarios.js", scenarios=True, virtualUsers=4, executor="Script")
    document = ended.document
    plain = start_plain(lab, "scenarios.js")()

    assert document["scenarios"].keys() == {"warmup", "measure"}
    splits = {
        split["name"]: split["requests"] for split in document["scenarios"]["measure"]["splits"]
    }
    assert splits["write"] == pytest.approx(10, abs=1)
    assert set(server.echoed) == {b"of the writers"}
    by_name = [s["data"]["tags"]["name"] for s in plain.samples if s["metric"] == "http_reqs"]
    assert by_name.count("write") == pytest.approx(splits["write"], abs=1)
    assert splits["read"] == pytest.approx(by_name.count("read"), rel=OF_RATE)
    assert len(server.snapshots) >= 2


def test_the_last_snapshot_is_taken_as_the_last_of_its_scenarios_ends(lab, server):
    """A service that rests for the rest of load.duration would seem idle under its load."""
    ended = run_ours(
        lab, "scenarios.js", scenarios=True, virtualUsers=4, executor="Script", durationMs=8000
    )
    taken = {told["edge"]: told["takenAt"] for told in ended.lines("loadlab_snapshot")}

    assert ended.code == 0, ended.stderr
    assert taken["end"] - taken["start"] == pytest.approx(2.0, abs=0.5)
    assert len(server.finished) == 1


IMPORTS_LIBRARY = """
// import { x } from 'https://example.org/commented-out.js';
import { sleep } from 'k6';
import {
  randomItem,
} from 'https://jslib.k6.io/k6-utils/1.2.0/index.js';
export default function () {}
"""
REFUSED = {
    "url": (IMPORTS_LIBRARY, "imports https://jslib.k6.io/k6-utils/1.2.0/index.js, and"),
    "beside": ("import './url.js';\nexport default function () {}", "url.js imports https://jslib"),
    "syntax": ("export default function ( {", "Unexpected end of input"),
    "file": ("open('./nothere.json');\nexport default () => 1;", "nothere.json: no such file"),
    "extension": ("import sql from 'k6/x/sql';\nexport default () => sql;", '["k6/x/sql"]'),
    "function": ("export function browse() {}", "exports no function default; it exports browse"),
    "throws": ("throw new Error('no users');", "no users"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_script_that_cannot_be_loaded_ends_at_once_in_words(lab, server, tmp_path, name):
    for each, (text, _) in REFUSED.items():
        (tmp_path / f"{each}.js").write_text(text)
    ended = run_ours(lab, tmp_path / f"{name}.js")

    assert ended.code in {104, 107}
    assert REFUSED[name][1] in ended.stderr
    assert server.health_checks == 0
    assert not ended.stdout or not ended.document["scenarios"]


@pytest.mark.parametrize("how", ["function", "async function"])
def test_a_setup_that_throws_is_told_with_the_exit_code_of_k6(lab, server, tmp_path, how):
    throws = f"export {how} setup() {{ throw new Error('no users'); }}\n"
    (tmp_path / "own.js").write_text(f"{throws}export default function () {{}}\n")
    ended = run_ours(lab, tmp_path / "own.js")

    assert "no users" in ended.document["error"]
    assert ended.code == ended.document["exit_code"] != 0


SCENARIO = {"executor": "constant-vus", "vus": 2, "duration": "2s"}
UNHELD = {
    "long": ({"a": SCENARIO | {"startTime": "1s"}}, "the scenario a ends after 3000 ms"),
    "many": ({"a": SCENARIO, "b": SCENARIO}, "have up to 4 virtual users"),
    "ours": ({"edges": SCENARIO}, "the scenario edges is LoadLab's own"),
    "external": ({"a": {"executor": "externally-controlled"}}, "externally-controlled, which no"),
    "none": (None, "has no scenarios, stages, duration or iterations"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNHELD)
def test_scenarios_that_a_trial_cannot_hold_are_refused(lab, server, tmp_path, name):
    given, why = UNHELD[name]
    options = f"export const options = {json.dumps({'scenarios': given})};\n" if given else ""
    (tmp_path / "own.js").write_text(f"{options}export default function () {{}}\n")
    ended = run_ours(lab, tmp_path / "own.js", scenarios=True, executor="Script")

    assert ended.code == 107
    assert why in ended.stderr


def test_the_shorthand_of_k6_is_a_scenario_too(lab, server, tmp_path):
    (tmp_path / "own.js").write_text(
        "import http from 'k6/http';\n"
        "const stage = { duration: '1s', target: 2 };\n"
        "export const options = { stages: [stage, stage] };\n"
        "export default function () { http.get(`${__ENV.LOADLAB_TARGET}/page`); }\n"
    )
    ended = run_ours(lab, tmp_path / "own.js", scenarios=True, executor="Script")

    assert measured(ended)["requests"] > 20


def test_two_pods_share_the_users_and_each_prepares_and_clears_away(lab, server):
    script = {"path": str(SCRIPTS / "setup.js"), "function": "browse", "scenarios": False}
    config = lab.configure(
        pods=2, extra={"script": script}, virtualUsers=4, durationMs=2000, warmupMs=2000
    )
    pods = [lab.start(config=config, pod=pod, script=OWN) for pod in range(2)]
    ended = [lab.end(pod) for pod in pods]

    assert [each.code for each in ended] == [0, 0]
    begun = [measured(each)["firstStartUs"] for each in ended]
    assert abs(begun[0] - begun[1]) < 1_000_000  # at one barrier, whatever their setups took
    assert server.asked["POST /login"] == server.asked["POST /logout"] == 2
    edges = [told["edge"] for each in ended for told in each.lines("loadlab_snapshot")]
    assert sorted(edges) == ["drained", "end", "start"]


def test_pods_whose_iterations_are_made_before_their_time_end_together(lab, server, tmp_path):
    """The one without snapshots ended as if it had been told to go, without the account."""
    made = {"executor": "shared-iterations", "vus": 2, "iterations": 10, "maxDuration": "3s"}
    (tmp_path / "own.js").write_text(
        "import http from 'k6/http';\n"
        f"export const options = {json.dumps({'scenarios': {'made': made}})};\n"
        "export default function () { http.get(`${__ENV.LOADLAB_TARGET}/page`); }\n"
    )
    script = {"path": str(tmp_path / "own.js"), "function": "default", "scenarios": True}
    load = {"executor": "Script", "virtualUsers": 2, "durationMs": 5000}
    config = lab.configure(pods=2, extra={"script": script}, **load)
    ended = [
        lab.end(pod) for pod in [lab.start(config=config, pod=n, script=OWN) for n in range(2)]
    ]

    assert [each.code for each in ended] == [0, 0]
    assert sum(measured(each)["requests"] for each in ended) == 10
    assert sorted(told["pod"] for told in server.finished) == [0, 1]
    edges = [told["edge"] for each in ended for told in each.lines("loadlab_snapshot")]
    assert sorted(edges) == ["drained", "end", "start"]
