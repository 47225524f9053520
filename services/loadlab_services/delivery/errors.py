"""What can go wrong in the pipeline.

QueueError
├── StoreUnavailableError   Redis or Postgres did not answer: try again, nothing is lost
├── EntryRefusedError       Postgres refuses the content: trying again will not help
└── BacklogFullError        the stream is at its limit: the client has to come back later
"""


class QueueError(Exception):
    """Anything the pipeline reports."""


class StoreUnavailableError(QueueError):
    """A store did not answer, or refused for a reason that passes."""

    def __init__(self, store: str, cause: BaseException) -> None:
        super().__init__(f"{store} is unavailable ({type(cause).__name__}: {cause}); try again")
        self.store = store


class EntryRefusedError(QueueError):
    """Postgres refuses what the entries hold."""


class BacklogFullError(QueueError):
    """The stream is at its limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the backlog holds {limit} entries, its limit; try again later")
