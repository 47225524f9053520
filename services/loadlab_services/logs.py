"""One log format for all programs of this image: a JSON object per line, as the operator writes.

First come `timestamp`, `level` and `event`, then `logger`, and `exception` where there is one. What
others read is left as it is: the data set's progress, uvicorn's access log, and the line per
message of the rungs of `ingest` that log, whose cost is a part of what they measure.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

OWN: Final = "loadlab_services"


class JsonFormatter(logging.Formatter):
    """Writes a record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Lay the fields out in their order."""
        moment = datetime.fromtimestamp(record.created, UTC)
        fields = {
            "timestamp": moment.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


def log_as_json() -> None:
    """Send what this image's own modules and the libraries below them say to stderr, as JSON.

    For a process that serves no measured request: its root logger is set.
    """
    logging.basicConfig(level=logging.INFO, handlers=[_handler()])
    # Each request of a client is a line at INFO, and the steward makes one for every snapshot.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def log_own_as_json() -> None:
    """Do so with this image's own modules only: a variant may set the root logger as it likes."""
    own = logging.getLogger(OWN)
    own.handlers, own.propagate = [_handler()], False
    own.setLevel(logging.INFO)


def uvicorn_logging() -> dict[str, Any]:
    """Return uvicorn's own configuration, in which all but the access log is JSON."""
    from uvicorn.config import LOGGING_CONFIG  # noqa: PLC0415 (a worker of a queue has no server)

    formatters = LOGGING_CONFIG["formatters"] | {"default": {"()": f"{__name__}.JsonFormatter"}}
    return LOGGING_CONFIG | {"formatters": formatters}


def _handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    return handler
