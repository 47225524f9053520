"""What a tool cannot do is refused before it starts: nothing is run that is only like it."""

import json

import pytest

from loadlab_services.generators import wrk
from loadlab_services.generators.contract import ConfigurationError, read_trial
from loadlab_services.generators.hey import Hey
from loadlab_services.generators.wrk import Wrk, threads_of
from tests.generators.conftest import Pods
from tests.generators.test_reading import trial


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"thinkTimeMs": 1}, "pauses of users"),
        ({"redirects": "Follow"}, "following redirects"),
        ({"load": {"executor": "ramping-vus"}}, "an open model or a ramp"),
        ({"request": {"writes": True}}, "an account of writes"),
        ({"request": {"steps": [1]}}, "steps of a request"),
        ({"expected": [404]}, "expected"),
        ({"pods": 5}, "cannot be shared"),
        ({"target": "https://t"}, "a target by https"),
        ({"variables": {"n": {"values": ["a"]}}}, "variables of other than whole numbers"),
    ],
)
def test_a_configuration_that_nobody_here_can_do_is_refused(changes, words):
    with pytest.raises(ConfigurationError, match=words):
        trial(**changes)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null"])
def test_no_configuration_is_refused_in_words(text):
    with pytest.raises(ConfigurationError, match="hold no configuration"):
        read_trial({"TRIAL_0": text})


@pytest.mark.parametrize(
    ("users", "cpus", "limit", "threads"),
    [(3, 2, None, 1), (17, 2, None, 1), (16, 12, None, 8), (100, 64, None, 50), (1, 8, None, 1),
     (100, 64, 2.0, 2), (100, 64, 1.5, 2), (100, 64, 0.5, 1)],
)  # fmt: skip
def test_wrk_has_as_many_threads_as_share_its_users_evenly(
    monkeypatch, users, cpus, limit, threads
):
    """wrk -t12 -c16 opens 12 connections: it gives each thread as many, and leaves the rest out."""
    monkeypatch.setattr(wrk, "usable_cpus", lambda: cpus)
    monkeypatch.setattr(wrk, "read_cpu_limit", lambda: limit)

    assert threads_of(users, 0) == threads


def test_threads_that_were_asked_for_share_the_users_evenly_or_are_refused():
    assert [threads_of(100, asked) for asked in (1, 10, 200)] == [1, 10, 100]
    with pytest.raises(ConfigurationError, match="12 threads cannot share 400 users"):
        threads_of(400, 12)


def test_each_tool_refuses_what_it_alone_cannot_do():
    with pytest.raises(ConfigurationError, match="whole seconds"):
        Wrk(trial(load={"durationMs": 1500}))
    with pytest.raises(ConfigurationError, match="no variables"):
        Hey(trial(request={"path": "/${request_id}"}))
    with pytest.raises(ConfigurationError, match="whole seconds"):
        Hey(trial(timeoutMs=1500))
    with pytest.raises(ConfigurationError, match="answer to HEAD"):
        Wrk(trial(request={"method": "HEAD"}))


@pytest.mark.parametrize("header", [("X.Trace", "1"), ("user-agent", "shop/1"), ("X-Empty", "")])
def test_what_heys_headers_cannot_be_is_refused(header):
    with pytest.raises(ConfigurationError, match=f"cannot send the header {header[0]}"):
        Hey(trial(request={"headers": dict([header])}))


@pytest.mark.parametrize(("users", "pods"), [(4, 1), (5, 2), (17, 16)])
def test_the_users_are_shared_out_whole(users, pods):
    config = Pods("http://s", "http://t").configure("/", pods=pods, load={"virtualUsers": users})
    text = json.dumps(config)
    shares = [
        read_trial({"TRIAL_0": text[:50], "TRIAL_1": text[50:], "JOB_COMPLETION_INDEX": str(pod)})
        for pod in range(pods)
    ]

    assert sum(share.users for share in shares) == users
    assert len({share.segment for share in shares}) == pods
