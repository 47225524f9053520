"""What can go wrong between us and the API server.

ClusterError
├── RefusedError      the request itself was not acceptable (401, 403, 404, 409 AlreadyExists, 410)
│   ├── MalformedError the object can never be accepted as it is (400, 422)
│   ├── ForeignObjectError an object of this name is there, and not the experiment's
│   └── CreationRefusedError a quota, an admission rule or a right stands against a child for now
└── UnavailableError  no answer, or an answer that a later try may better
    │                 (409 Conflict, 429, 5xx, network), but for a 500 to a
    │                 create: a webhook that fails stands against that one object
    ├── ConflictError     somebody else has written the object since it was read
    └── NotTheWriterError not sent: another operator may become the writer meanwhile
"""


class ClusterError(Exception):
    """A request to the API server failed; the text names verb, object and answer."""


class RefusedError(ClusterError):
    """The API server refused the request; repeating it unchanged is useless."""


class MalformedError(RefusedError):
    """The API server can never accept this object as it is."""


class ForeignObjectError(RefusedError):
    """An object that is not the experiment's own has the name of a child."""


class CreationRefusedError(RefusedError):
    """The API server does not create a child as things are; what was asked for, and its answer."""

    def __init__(self, what: str, answer: str) -> None:
        super().__init__(f"{what}: {answer}")
        self.what = what
        self.answer = answer


class UnavailableError(ClusterError):
    """The API server did not answer, or asked to come back later."""


class ConflictError(UnavailableError):
    """The object has changed since it was read: read it again."""


class NotTheWriterError(UnavailableError):
    """The operator's Lease does not outlast this write, so it was not begun."""
