"""What waits in the stream: whose work it is, and how much."""

from pydantic import BaseModel


class Message(BaseModel):
    """The work of one accepted request."""

    request_id: int
    burn_micros: int
