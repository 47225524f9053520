"""Texts of others fit the field that they are written to, and do nothing to a terminal."""

import time

import pytest

from loadlab.base.text import fit
from loadlab.model.status import AttemptRecord, LoadTrialStatus
from loadlab.model.status.conditions import Condition, ConditionType, Reason, Truth


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ("plain", "plain"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[2Jgone\x07\x9b", "[2Jgone"),
        ("a" * 11, "a" * 9 + "…"),
        ("a" * 10, "a" * 10),
        ("half \ud800", "half "),
    ],
)
def test_a_text_is_plain_and_no_longer_than_its_bound(text, fitting):
    assert fit(text, 10 if len(text) > 9 and text[0] == "a" else None) == fitting


def test_a_condition_can_be_made_of_any_message():
    condition = Condition(
        type=ConditionType.FAILED,
        status=Truth.TRUE,
        reason=Reason.INVALID_SPEC,
        message="\x1b[2J" + "x" * 5000,
        last_transition_time="",
    )

    assert (len(condition.message), condition.message[:4]) == (2000, "[2Jx")
    assert condition.type is ConditionType.FAILED


def test_what_is_copied_is_cut_as_what_is_made():
    status = LoadTrialStatus().model_copy(update={"message": "x" * 5000, "reasons": ("\x1b[0m",)})
    record = AttemptRecord(attempt=1, reason="r", message="x" * 5000)

    assert (len(status.message), status.reasons) == (2000, ("[0m",))
    assert len(record.message) == 1000


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "connect to postgresql://app:S3cr3t@db/prod failed",
            "connect to postgresql://…@db/prod failed",
        ),
        ("redis://:p/a@ss@cache:6379/0 refused", "redis://…@cache:6379/0 refused"),
        ("amqp://me@broker", "amqp://…@broker"),
        ("FATAL: host=db password=hunter2 user=app", "FATAL: host=db password=… user=app"),
        ("DB_PASSWORD='x y' n=1", "DB_PASSWORD=… n=1"),
        ('{"secret": "abc", "n": 1}', '{"secret": …, "n": 1}'),
        ("AWS_SECRET_ACCESS_KEY=abc/def n=1", "AWS_SECRET_ACCESS_KEY=… n=1"),
        ("DB_PASS=hunter2, DB_PWD: x", "DB_PASS=…, DB_PWD: …"),
        ("session_token: 'a b'", "session_token: …"),
        ("Authorization: Bearer eyJhbGciOi.J9 sent", "Authorization: Bearer … sent"),
        ("token: Bearer eyJhbGciOi.J9 sent", "token: Bearer … sent"),
        ("jdbc:oracle:thin:app/pw@db:1521 refused", "jdbc:oracle:thin:…@db:1521 refused"),
        ("a pass failed: TypeError: 3 tokens: 40", "a pass failed: TypeError: 3 tokens: 40"),
        ("secretAccessKey=abc", "secretAccessKey=…"),
        ("api-key: abc; private_key=def", "api-key: …; private_key=…"),
        ("psql --password hunter2 -h db", "psql --password … -h db"),
        ("cannot log in as app:hunter2@db:5432", "cannot log in as …@db:5432"),
        ("shop:1.4@sha256:0123 is not there", "shop:1.4@sha256:0123 is not there"),
        ("bearer of good news", "bearer of good news"),
        ('secret "nope" not found; create it', 'secret "nope" not found; create it'),
        ("GET http://service:8000/?at=5@home", "GET http://…@home"),  # rather than a password
        ("p(95)<200 of http_req_duration", "p(95)<200 of http_req_duration"),
        (
            "image localhost/x@sha256:0123 cannot be pulled",
            "image localhost/x@sha256:0123 cannot be pulled",
        ),
    ],
)
def test_what_looks_like_a_password_is_in_no_status(said: str, shown: str):
    assert fit(said) == shown


@pytest.mark.parametrize(
    "piece", ["a", "://:", 'secret="', "password:", "pwd =  ", "jdbc:a:", "token_", "bearer "]
)
def test_a_text_of_any_length_is_masked_in_a_time_by_its_length(piece: str):
    began = time.process_time()
    fit("@" + piece * 100_000)

    assert time.process_time() - began < 5


def test_of_a_text_that_is_cut_only_its_beginning_is_looked_through():
    began = time.process_time()
    fit("://a:" * 1_000_000, 200)

    assert time.process_time() - began < 0.05
