"""What is sent: headers, the longest body, many variables, and no number twice."""

import pytest

from tests.generators.conftest import NUMBERING, TOOLS
from tests.manifests import Json

pytestmark = pytest.mark.integration


@TOOLS
def test_headers_body_and_method_are_sent(pods, steward, tool):
    request: Json = {"path": "/work?id=1&user=7", "method": "PUT", "body": '{"a": "\\"é"}'}
    request["headers"] = {"Content-Type": "application/json", "X-Mine": 'a "b" \\ c'}
    pods.run(tool, pods.configure("/", request=request, load={"durationMs": 1000, "warmupMs": 0}))

    assert set(steward.bodies) == {request["body"].encode()}
    assert {sent["x-mine"] for sent in steward.headers} == {'a "b" \\ c'}
    assert {sent["content-type"] for sent in steward.headers} == {"application/json"}
    assert {sent.get("host") for sent in steward.headers} == {pods.target.removeprefix("http://")}


@TOOLS
@pytest.mark.parametrize("path", ["/work?id=1&user=7", "/work?id=${request_id}&user=7"])
def test_the_host_of_a_virtual_host_is_sent_once_and_as_given(pods, steward, tool, path):
    if tool == "hey" and "${" in path:
        pytest.skip("hey knows no variables")
    request: Json = {"path": path, "method": "GET", "headers": {"host": "shop.example"}}
    load = {"durationMs": 1000, "warmupMs": 0}
    ended = pods.run(tool, pods.configure("/", request=request, load=load))

    assert ended.code == 0, ended.stderr
    assert set(steward.hosts) == {("shop.example",)}


@TOOLS
def test_the_longest_body_is_sent_whole(pods, steward, tool):
    """65,536 characters of three bytes: Linux takes 128 KiB of one argument."""
    request: Json = {"path": "/work?id=1&user=7", "method": "POST", "body": "\u20ac" * 65_536}
    load = {"durationMs": 1000, "warmupMs": 0}
    ended = pods.run(tool, pods.configure("/", request=request, load=load))

    assert ended.code == 0, ended.document.get("error")
    assert set(steward.bodies) == {request["body"].encode()}


@NUMBERING
def test_a_body_of_many_variables_is_sent(pods, steward, tool):
    """LuaJIT has 200 registers for a function, of which `a .. b .. c` takes three at once."""
    request: Json = {"path": "/work?id=1&user=7", "method": "POST", "body": "${n}," * 1000}
    load = {"durationMs": 1000, "warmupMs": 0}
    variables = {"n": {"min": 5, "max": 5}}
    ended = pods.run(tool, pods.configure("/", request=request, load=load, variables=variables))

    assert ended.code == 0, ended.document.get("error")
    assert set(steward.bodies) == {b"5," * 1000}


@NUMBERING
def test_pods_with_other_shares_of_the_users_send_no_number_twice(pods, steward, tool):
    """Of 5 users one pod has 2 and the other 3: wrk's threads are not as many in both."""
    load = {"virtualUsers": 5, "durationMs": 1000, "warmupMs": 0}
    config = pods.configure("/work?id=${request_id}&user=1", pods=2, load=load)
    started = [pods.start(tool, config, pod) for pod in range(2)]

    assert [pods.end(each).code for each in started] == [0, 0]
    assert len(steward.ids) == len(set(steward.ids)) > 100
