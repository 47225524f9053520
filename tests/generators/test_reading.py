"""What wrk's script and hey write is read to the last request, or is no figure at all."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab_services.generators.contract import Ids, Lines, read_trial
from loadlab_services.generators.document import End, Program, build_document, plain
from loadlab_services.generators.hey import MOST_ANSWERS, read_report
from loadlab_services.generators.locust import read_told
from loadlab_services.generators.values import hash_text, lua_string, lua_text, texts_of
from loadlab_services.generators.watched import ToolError, Usage
from loadlab_services.generators.wrk import read_found, taken_apart
from tests.contract.sides import faults
from tests.generators.conftest import Pods
from tests.manifests import Json

USAGE = Usage(1.0, 2.0, 1, 1024, None, 0.03, 4)
END = End(1.0, 2.0)
FOUND = """\
ended 1700000010.5
summary 10000000 4 512
errors 0 0 0 0
status 200 3
status 500 1
value 100 3
value 90000 1
complete
"""
REPORT = """\
total 2000000000 4 80
error 1 "Get \\"http://10.0.0.1:8000/\\": dial tcp 10.0.0.1:8000: connect: connection refused"
a 0.0101234 0.0001 200 0.5
a 0.02 0 200 0.6
a 1.5e-05 0 503 1.2
complete"""


def trial(**changes):
    config = Pods("http://s:9000", "http://t:8000").configure("/x", **changes)
    return read_trial({"TRIAL_0": json.dumps(config), "STEWARD_TOKEN": "t"})


def filled_up(recorded: dict[int, int], expected: int) -> dict[int, int]:
    """stats_correct of wrk 4.1 (src/stats.c), line by line."""
    data, highest = Counter(recorded), max(recorded, default=0)
    for n in range(expected * 2, highest + 1):
        count, m = data[n], n - expected
        while count and m > expected:
            data[m] += count
            m -= expected
    return dict(data)


@given(
    st.dictionaries(st.integers(1, 400), st.integers(1, 9), min_size=1),
    st.integers(1, 5),
    st.integers(1, 60_000),
)
def test_what_wrk_fills_up_is_taken_out_again(recorded, connections, duration_us):
    requests = sum(recorded.values())
    if each := requests // connections:
        filled = filled_up(recorded, max(duration_us // each, 1))
        taken = taken_apart(filled, max(duration_us // each, 1) * each, requests, connections)
        assert taken == recorded


def test_wrk_is_read_to_the_last_request():
    found = read_found(FOUND, connections=8, timeout_us=5_000_000)

    assert (found.requests, found.answers, found.bytes_received, found.cut) == (4, 4, 512, 8)
    assert found.statuses == {200: 3, 500: 1}
    assert found.latencies["2xx"].total == {100: 3, 90000: 1}
    assert (found.began, found.ended) == (1700000000.5, 1700000010.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "stopped before"),
        (FOUND.replace("complete\n", ""), "stopped before"),
        (FOUND.replace("value 100 3", "value 100 2"), "its histogram holds 3"),
        (FOUND.replace("status 500 1\n", ""), "script saw 3"),
        (FOUND.replace("errors 0 0 0 0", "errors 0 0 0 2"), "2 answers came later"),
    ],
)
def test_of_wrk_what_is_cut_or_does_not_add_up_is_no_figure(text, words):
    with pytest.raises(ToolError, match=words):
        read_found(text, connections=8, timeout_us=5_000_000)


def test_an_answer_later_than_the_timeout_is_no_good_one_of_wrk():
    """wrk knows whole seconds: of 1,500 ms it is told 2 s, and takes 1.8 s for in time."""
    late = FOUND.replace("value 90000 1", "value 1800000 1")

    assert read_found(late, connections=8, timeout_us=1_800_000).requests == 4
    with pytest.raises(ToolError, match="1 answers came later than"):
        read_found(late, connections=8, timeout_us=1_500_000)


@pytest.mark.parametrize(("statuses", "kind"), [((304, 500), "3xx"), ((302, 302), "3xx")])
def test_what_wrk_tells_is_the_latency_of_the_good_answers_whatever_their_class(statuses, kind):
    """It was kept for 2xx only, so that a service that answers 304 had no latency."""
    text = FOUND.replace("status 200", f"status {statuses[0]}")
    found = read_found(text.replace("status 500", f"status {statuses[1]}"), 8, 5_000_000)
    document = build_document(
        trial(redirects="Accept"), Program("wrk", "1", ""), {"measure": (found, USAGE)}, END
    )

    (split, *_) = document["scenarios"]["measure"]["splits"]
    assert (split["class"], split["http_req_total"]["count"]) == (kind, 4)


def test_heys_answer_that_took_its_time_out_was_given_up_in_its_body():
    late = REPORT.replace("a 0.02 0 200 0.6", "a 1.0004 0 200 0.6")
    found = read_report(trial(timeoutMs=1000), late, began=1700000000.0)

    assert found.requests == 4
    assert found.statuses == {200: 1, 503: 1}
    assert found.latencies["2xx"].total == {10123: 1}
    assert found.without_answer["Client.Timeout exceeded while reading body"] == 1
    assert found.iterations[1_000_400] == 1
    assert found.seconds[1700000001].failed == 2


def test_hey_is_read_to_the_last_request():
    found = read_report(trial(), REPORT, began=1700000000.0)

    assert found.requests == 4
    assert found.statuses == {200: 2, 503: 1}
    assert sum(found.without_answer.values()) == 1
    assert found.latencies["2xx"].total == {10123: 1, 20000: 1}
    assert found.latencies["2xx"].from_send == {10023: 1, 20000: 1}
    assert found.latencies["5xx"].total == {15: 1}
    assert (found.began, found.ended) == (1700000000.0, 1700000002.0)  # the error was whenever
    assert {at: each.requests for at, each in found.seconds.items()} == {
        1700000000: 2,
        1700000001: 1,
    }


def test_without_errors_heys_window_is_that_of_its_answers():
    lines = [line for line in REPORT.splitlines() if not line.startswith("error")]
    found = read_report(trial(), "\n".join(lines).replace(" 4 80", " 3 80"), began=1.0)

    assert found.began == 1.5
    assert found.first_answer == pytest.approx(1.5101234)
    assert found.ended == pytest.approx(2.200015)
    assert found.iterations == {}


def test_a_service_that_stalls_and_times_out_gains_no_throughput():
    """Real hey, 6 s, 4 workers, a time-out of 4 s; the service stalls after 3 s."""
    text = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    answers = [f"a 0.0625 0 200 {round(number // 4 * 0.0637, 4)}" for number in range(192)]
    report = ["total 7060000000 196 0", f'error 4 "{text}"', *answers, "complete"]

    found = read_report(trial(timeoutMs=4000), "\n".join(report), began=0.0)

    assert found.answers / (found.ended - found.began) == pytest.approx(27.2, abs=0.1)
    assert found.iterations == {62_500: 192, 4_000_000: 4}
    busy = sum(us * n for us, n in found.iterations.items()) / 1e6
    assert busy / (found.ended - found.began) == pytest.approx(4.0, rel=0.02)


def test_what_was_refused_at_once_took_no_time_out_of_its_user():
    found = read_report(trial(), REPORT, began=0.0)

    assert found.iterations == {10123: 1, 20000: 1, 15: 1, 10046: 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cut, or is none"),
        (REPORT.removesuffix("complete"), "cut, or is none"),
        (REPORT.replace(" 4 80", f" {MOST_ANSWERS + 7} 80"), "keeps the times of 3"),
        ("panic: runtime error\ncomplete", "cannot be read"),
        (REPORT.replace("a 0.02 0 200 0.6", "a NaN 0 200 0.6"), "cannot be read"),
        (REPORT.replace("a 0.02 0 200 0.6", "a 0.02 0 x"), "cannot be read"),
    ],
)
def test_of_hey_what_is_cut_or_exceeds_what_it_keeps_is_no_figure(text, words):
    with pytest.raises(ToolError, match=words):
        read_report(trial(), text, began=0.0)


def test_all_that_hey_keeps_is_a_figure_as_long_as_it_is_all_there_was():
    """A million iterations exactly were void: as if there had been more."""
    report = ["total 9000000000 1000000 0", *["a 0.01 0 200 0.6"] * MOST_ANSWERS, "complete"]

    assert read_report(trial(), "\n".join(report), began=0.0).answers == MOST_ANSWERS


TOLD = {
    "began": 1.0, "ended": 4.0, "first": 1.5, "last": 3.5, "cut": 2, "received": 99,
    "cpuSeconds": 0.5, "iterations": {"1100": 3},
    "statuses": {"200": 2, "500": 1}, "errors": {"timed out": 1},
    "totals": {"2xx": {"900": 1, "1000": 1}, "5xx": {"50": 1}},
    "seconds": {"1": [2, 0, [900, 1000]], "3": [2, 2, []]},
}  # fmt: skip


def test_locust_is_read_to_the_last_request():
    found = read_told(json.loads(json.dumps(TOLD)))

    assert (found.requests, found.answers, found.cut) == (4, 3, 2)
    assert found.latencies["2xx"].total == {900: 1, 1000: 1}
    assert (found.first_answer, found.ended) == (1.5, 3.5)
    assert found.seconds[3].failed == 2


@pytest.mark.parametrize("left_out", TOLD)
def test_of_locust_what_is_left_out_is_missed(left_out):
    with pytest.raises(ToolError, match="cannot be read"):
        read_told({name: value for name, value in TOLD.items() if name != left_out})


def test_the_texts_of_a_request_are_those_of_its_number():
    request = {"path": "/${request_id}", "headers": {"X": "${n}"}, "body": "a${n}"}
    texts = texts_of(request, {"n": [5, 5]}, Ids())

    assert texts(7) == ("/7", {"X": "5"}, "a5")
    assert texts_of(request | {"body": None}, {"n": [1, 2]}, Ids())(1)[2] is None


def test_numbers_begin_where_those_of_the_trial_do_and_what_is_drawn_is_the_same():
    ids: Json = {"experiment": "0123456789", "measure": 7001, "warmup": 9001}
    request = {"path": "/${request_id}-${experiment_id}", "headers": {"X": "${n}"}, "body": None}
    texts = texts_of(request, {"n": [1, 1000]}, Ids(**ids))
    usual = texts_of(request, {"n": [1, 1000]}, Ids())

    assert [texts(n)[0] for n in (1, 5, 10**9)] == [f"/{n}-0123456789" for n in (7001, 7005, 9001)]
    assert texts(5)[1] == usual(5)[1]
    ahead = "(id < 1000000000 and 7000 or -999990999)"
    told = lua_text(trial(ids=ids), "${request_id}-${experiment_id}")
    assert told == f'table.concat({{string.format("%d", id + {ahead}), "-", "0123456789"}})'


def test_a_document_of_either_is_that_of_the_contract(schemas):
    read = {
        "wrk": read_found(FOUND, 8, 5_000_000),
        "hey": read_report(trial(), REPORT, 1700000000.0),
    }
    for name, outcome in read.items():
        program = Program(name, "1", "closed loop")
        end = End(1.0, 2.0, "why" if name == "hey" else "", 5 if name == "hey" else 0)
        document = build_document(trial(), program, {"measure": (outcome, USAGE)}, end)

        line = {"loadlab_result": document}
        assert faults(schemas, "generator-document.schema.json", line) == []
        assert document["scenarios"]["measure"]["requests"] == 4


def test_addresses_and_what_go_asked_are_no_part_of_an_error():
    said = 'Get "http://10.0.0.1:8000/": dial tcp 10.0.0.1:8000: connect: connection\x1b refused'

    assert plain(said) == "dial tcp ADDRESS: connect: connection refused"


def test_a_redirect_is_a_failure_unless_it_is_accepted():
    statuses = (200, 204, 302, 304, 404, 500)

    assert [s for s in statuses if trial().has_failed(s)] == [302, 404, 500]
    assert [s for s in statuses if trial(redirects="Accept").has_failed(s)] == [404, 500]


def test_lua_and_javascript_spell_and_hash_alike():
    assert lua_string('a"\\\n\u00e9') == '"a\\034\\092\\010\\195\\169"'
    assert hash_text("a") == 0xE40C292C - 2**32  # FNV-1a's published value for one letter


def test_the_token_is_taken_out_of_the_environment():
    environment = {"LOADLAB_TOKEN": "secret", "PATH": "/"}

    assert Lines.taking_token(environment).token == "secret"
    assert environment == {"PATH": "/"}
