"""Reads that an API server refuses for the moment are asked again, before the whole pass is."""

from typing import ClassVar

from aiohttp import ClientResponse
from aiohttp_retry import ExponentialRetry


class ReadRetries(ExponentialRetry):
    """Twice more after 429 and 5xx, at the time that the answer names; a write is sent once.

    A pass reads some twenty times: where one answer in fourteen is a refusal, most passes fail.
    What is not answered in time is left to the next pass: it has had its seconds.
    """

    ATTEMPTS: ClassVar = 3
    FIRST_WAIT: ClassVar = 0.1  # seconds, doubled each time
    LONGEST_WAIT: ClassVar = 2.0

    def __init__(self) -> None:
        super().__init__(
            attempts=self.ATTEMPTS,
            start_timeout=self.FIRST_WAIT / 2,  # the library doubles it before the first
            max_timeout=self.LONGEST_WAIT,
            statuses={429},
            methods={"GET"},
        )

    def get_timeout(self, attempt: int, response: ClientResponse | None = None) -> float:
        """Return the seconds to wait after an attempt, counted from 1."""
        usual = super().get_timeout(attempt, response)
        if response is None:
            return usual
        response.close()  # the library does not read it, and would keep its connection
        asked = response.headers.get("Retry-After", "")  # of an API server: whole seconds
        return min(max(usual, float(asked)), self.LONGEST_WAIT) if asked.isdecimal() else usual
