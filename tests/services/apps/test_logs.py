"""One line of JSON per event, whoever logs, with the same fields first."""

import json
import logging
import logging.config
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

from loadlab_services.logs import JsonFormatter, uvicorn_logging

FIRST = ["timestamp", "level", "event", "logger"]


def record(message: str, *args: object, exc_info: Any = None) -> logging.LogRecord:
    return logging.LogRecord("loadlab_services.x", logging.INFO, "", 1, message, args, exc_info)


def test_an_event_is_one_line_with_its_fields_in_order() -> None:
    line = JsonFormatter().format(record("%d rows\nin %s", 3, "naïve"))
    found = json.loads(line)
    assert (len(line.splitlines()), list(found)) == (1, FIRST)
    assert (found["level"], found["event"]) == ("info", "3 rows\nin naïve")
    assert datetime.fromisoformat(found["timestamp"]).utcoffset() is not None


def test_an_exception_is_part_of_the_line() -> None:
    try:
        int("boom")
    except ValueError:
        line = JsonFormatter().format(record("failed", exc_info=sys.exc_info()))
    assert len(line.splitlines()) == 1
    assert "ValueError: invalid literal" in json.loads(line)["exception"]


def test_uvicorns_access_log_stays_as_it_is() -> None:
    ours = uvicorn_logging()
    assert ours["formatters"]["access"]["()"] == "uvicorn.logging.AccessFormatter"
    assert ours["formatters"]["default"] == {"()": "loadlab_services.logs.JsonFormatter"}


@pytest.mark.parametrize("door", ["log_as_json", "log_own_as_json"])
def test_what_our_modules_say_is_json_on_stderr(door: str) -> None:
    code = (
        f"from loadlab_services import logs; logs.{door}(); import logging;"
        "logging.getLogger('loadlab_services.stream').info('hello %s', 'you')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    found = json.loads(done.stderr)
    assert list(found) == FIRST
    assert (found["event"], found["logger"]) == ("hello you", "loadlab_services.stream")


def test_a_service_leaves_the_root_logger_to_its_variant() -> None:
    code = (
        "from loadlab_services import logs; logs.log_own_as_json(); import logging;"
        "logging.basicConfig(level=logging.INFO);"
        "logging.getLogger('loadlab.ingest').info('took message %s', 1)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == "INFO:loadlab.ingest:took message 1\n"
