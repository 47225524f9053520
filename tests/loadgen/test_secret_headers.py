"""Headers from Secrets, from the real k6: they are sent, and what an answer repeats is masked."""

from typing import Any

import pytest

from tests.loadgen.conftest import ENVIRONMENT_TOO, Lab
from tests.loadgen.stand_in import Server

pytestmark = pytest.mark.integration
SECRET = 's3cr"t of ours'
ASKED = {"secretHeaders": {"Authorization": {"variable": "SECRET_HEADER_1", "prefix": "Bearer "}}}


class Echo(Server):
    """Refuses every request, and says which token it had."""

    async def answer(self, scope: Any, body: bytes) -> tuple[int, Any]:
        if scope["path"] != "/echo":
            return await super().answer(scope, body)
        self.headers.append({k.decode(): v.decode() for k, v in scope["headers"]})
        return 403, {"detail": f"no such token: {self.headers[-1]['authorization']}"}


@pytest.fixture
def server() -> Echo:
    return Echo()


def asked(lab: Lab) -> Any:
    request = ASKED | {"path": "/echo", "writes": False}
    return lab.configure(request=request, virtualUsers=2, durationMs=1000)


def test_the_value_is_sent_without_its_line_break_and_never_told(lab, server, monkeypatch):
    monkeypatch.setenv("SECRET_HEADER_1", f"{SECRET}\n")

    ended = lab.run(ENVIRONMENT_TOO, config=asked(lab))

    assert {sent["authorization"] for sent in server.headers} == {f"Bearer {SECRET}"}
    (failure,) = ended.document["scenarios"]["measure"]["failures"]
    assert failure["example"] == '{"detail": "no such token: Bearer ***"}'
    assert "s3cr" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("value", ["", "two\nlines", "é"])
def test_a_value_that_no_header_has_ends_the_run_without_a_word_of_it(lab, monkeypatch, value):
    monkeypatch.setenv("SECRET_HEADER_1", value)

    ended = lab.run(config=asked(lab))

    assert ended.code != 0
    assert "the Secret of the header Authorization holds" in ended.stderr
    assert not value or value not in ended.stderr
