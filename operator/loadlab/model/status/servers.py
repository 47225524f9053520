"""Which pods serve a run: what tells them from those that take their places in mid-run."""

from pydantic import Field

from loadlab.base.models import ObservedModel

MOST_SERVERS = 20  # of a run: the service's and a worker


class Server(ObservedModel):
    """A pod of the service, or a queue's worker, as all of them were ready for the first time."""

    component: str = Field(max_length=60, description="What the pod is for.")
    pod: str = Field(max_length=253, description="Its name.")
    uid: str = Field(max_length=60, description="Its uid: another pod of this name is another.")
    restarts: int = Field(default=0, description="How often its container was started again.")
