"""What the end of a failed container's log says of why: its error, not whatever stands last.

psql ends with the place in the statement, SQLAlchemy with a link, a traceback of Node.js with its
version. So the last line that names an error is told, with the details behind it, and what was said
last of all.
"""

import re

TERMINATION_LINE = 500  # characters of a container's end that a message quotes
OUR_DATASET = "dataset: failed: "
# `psql:FILE:3: ERROR:  …`, `asyncpg.exceptions.UniqueViolationError: …`, `Error: …`.
_ERROR = re.compile(
    r"\b(ERROR|FATAL|PANIC):|^(Uncaught |Unhandled )?[\w.]*(Error|Exception)(\b|$)|\b[Ee]rror: "
)
_DETAIL = re.compile(r"^\s*(DETAIL|HINT): ")
# A mark below a statement, the statement and its values, a link, a frame, how far it had come, and
# that it ended.
_TELLS_NOTHING = re.compile(
    r"^\s*[\^~]+\s*$|^LINE \d+:|^\[(SQL|parameters): |^\(Background on this error at: |^\s+at \S"
    r"|^dataset: progress |Application startup failed\. Exiting\.$|^\s*[\[\](){}]*\s*$"
)


def last_words(log: str) -> str:
    """Return why a container failed, by the end of its log, in one line; empty where that is."""
    lines = [line.rstrip() for line in log.splitlines() if not _TELLS_NOTHING.search(line)]
    if not lines:
        return ""
    if lines[-1].startswith(OUR_DATASET):
        return lines[-1].removeprefix(OUR_DATASET)[:TERMINATION_LINE]
    told = [*_error(lines), lines[-1]]
    tidy = (" ".join(line.split()) for line in told)
    return "; ".join(dict.fromkeys(tidy))[:TERMINATION_LINE]


def _error(lines: list[str]) -> list[str]:
    """Return the last line that names an error and the details that follow it; none for none."""
    found = (at for at in reversed(range(len(lines))) if _ERROR.search(lines[at]))
    at = next(found, None)
    if at is None:
        return []
    details = lines[at + 1 :]
    length = next((n for n, line in enumerate(details) if not _DETAIL.match(line)), len(details))
    return [lines[at], *details[:length]]
