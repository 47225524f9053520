"""When Postgres refuses the content of a message, and how often that is tried again."""

from typing import Final

MAX_TRIES: Final = 3
RETRY_AFTER: Final = 0.1  # s, times the number of tries so far
# Classes of SQLSTATE that speak about the content: data exception, constraint, program limit.
CONTENT_ERRORS: Final = ("22", "23", "54")
CONNECT_TIMEOUT: Final = 5.0  # s, of a worker to Postgres
