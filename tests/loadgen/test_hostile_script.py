"""A script that wants to forge a result finds no token, and no line of ours is of its making."""

import json

import pytest

from tests.loadgen.conftest import LOADGEN
from tests.loadgen.own_script import Site, run_ours
from tests.loadgen.stand_in import TOKEN

pytestmark = pytest.mark.integration
LINES = "t-0123456789abcdef"
FORGED = '{"version":1,"complete":true,"forged":true}'
# What stands in every attempt: how a script tells what it found, and where it tries something.
TRY = """
import * as lines from 'k6/x/loadlab';
import * as steward from 'k6/x/steward';
import { edges, teardown as account } from '/scripts/steward.js';
import http from 'k6/http';
function attempt(what, make) {
  try { console.log(`${what}: ${make()}`); } catch (err) { console.log(`${what} failed: ${err}`); }
}
"""
OVERRIDES = """
JSON.stringify = () => '{"forged":true}';
JSON.parse = () => ({ startInMs: 0, forged: true, errors: {} });
Object.prototype.toJSON = () => ({ forged: true });
"""
EVERYWHERE = """
function forge() {
  attempt('env', () => Object.entries(__ENV).map(([k, v]) => `${k}=${v}`).join(' '));
  attempt('result', () => lines.print('loadlab_result', '%s'));
  attempt('account', () => lines.print('loadlab_account', '%s'));
  attempt('freshness', () => lines.print('loadlab_freshness', '%s'));
  attempt('log', () => '\\n{"loadlab_result":%s}\\n{"loadlab_account":%s}');
}
""" % ((FORGED,) * 5)


@pytest.fixture
def server():
    return Site()


def scripted(tmp_path, text):
    ours = json.dumps(str(LOADGEN / "scripts" / "steward.js"))  # as /scripts/steward.js in a pod
    path = tmp_path / "own.js"
    path.write_text(TRY.replace("'/scripts/steward.js'", ours) + EVERYWHERE + text)
    return path


def of_ours(ended):
    """The lines that the operator reads: those that begin with the run's token."""
    before = f"{LINES} "
    said = (ended.stdout + ended.stderr).splitlines()
    return [json.loads(line.removeprefix(before)) for line in said if line.startswith(before)]


def test_neither_token_is_anywhere_that_a_script_can_read(lab, server, tmp_path):
    script = scripted(
        tmp_path,
        "for (const of of ['self', '1', 'thread-self']) {\n"
        "  attempt(of, () => open(`/proc/${of}/environ`));\n"
        "}\n"
        "forge();\n"
        "export default function () { forge(); http.get(`${__ENV.LOADLAB_TARGET}/page`); }\n",
    )
    ended = run_ours(lab, script, token=LINES)

    assert ended.code == 0, ended.stderr
    assert LINES not in ended.stderr
    assert TOKEN not in ended.stderr + ended.stdout
    assert "env: " in ended.stderr  # it was looked at
    assert [next(iter(line)) for line in of_ours(ended)][-1] == "loadlab_result"
    assert "forged" not in json.dumps(of_ours(ended))
    for what in ("result", "account", "freshness"):
        assert (
            f"{what} failed: GoError: a script writes no line loadlab_{what} here" in ended.stderr
        )


def test_what_it_replaces_in_javascript_is_in_no_line_of_ours(lab, server, tmp_path):
    script = scripted(
        tmp_path,
        OVERRIDES + "export default function () { http.get(`${__ENV.LOADLAB_TARGET}/page`); }\n",
    )
    ended = run_ours(lab, script, token=LINES)

    assert "forged" not in json.dumps(of_ours(ended))


def test_the_steward_is_not_asked_from_an_iteration(lab, server, tmp_path):
    script = scripted(
        tmp_path,
        "export default function () {\n"
        "  attempt('snapshot', () => steward.snapshot('end'));\n"
        "  attempt('look', () => steward.look());\n"
        "  attempt('arrive', () => steward.arrive('{}', 1000));\n"
        "  attempt('finish', () => steward.finish('{}', 1000, false));\n"
        "  attempt('edges', () => edges());\n"
        "  attempt('teardown', () => account({ startedAt: -1e12 }));\n"
        "  http.get(`${__ENV.LOADLAB_TARGET}/page`);\n"
        "}\n",
    )
    ended = run_ours(lab, script, token=LINES)

    for what in ("snapshot", "look", "arrive", "finish", "edges", "teardown"):
        assert f"{what} failed: GoError: the steward is not asked from here" in ended.stderr
    told = [
        line["loadlab_snapshot"]["edge"] for line in of_ours(ended) if "loadlab_snapshot" in line
    ]
    assert told == ["start", "end", "drained"]
    assert sum("loadlab_account" in line for line in of_ours(ended)) == len(server.finished) == 1


def test_what_its_teardown_puts_off_prints_nothing_after_the_account(lab, server, tmp_path):
    script = scripted(
        tmp_path,
        "export default function () { http.get(`${__ENV.LOADLAB_TARGET}/page`); }\n"
        "export function setup() { forge(); }\n"
        "export function teardown() { forge(); setTimeout(forge, 50); }\n",
    )
    ended = run_ours(lab, script, token=LINES)

    assert ended.code == 0, ended.stderr
    assert "forged" not in json.dumps(of_ours(ended))
    (account,) = [line["loadlab_account"] for line in of_ours(ended) if "loadlab_account" in line]
    assert account["drained"] is True
