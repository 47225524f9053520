"""What runs behind a Service that ran before its experiment, as the API server has its pods."""

import operator

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.model.status.absent import without_default

MOST_CONTAINERS = 20  # that differ, behind a Service
SHORT = 12  # of a digest, as tools print it


class ServedContainer(ObservedModel):
    """A container of a Service's pods, with those of other pods that are like it."""

    name: str = Field(max_length=63, description="Its name.")
    image: str = Field(default="", max_length=400, description="Its image, as the pod spells it.")
    image_id: str = Field(
        default="", max_length=400, description="The image with its digest, as its node tells it."
    )
    cpu_limit: float | None = Field(default=None, description="CPUs; absent for no limit.")
    cpu_request: float | None = Field(default=None, description="CPUs.")
    memory_limit: int | None = Field(default=None, description="Bytes; absent for no limit.")
    memory_request: int | None = Field(default=None, description="Bytes.")
    pods: int = Field(default=1, description="In how many pods there is one like it.")

    @property
    def digest(self) -> str:
        """What says which image it is; empty where only a tag is known."""
        return self.image_id.rpartition("sha256:")[2]

    @property
    def image_in_words(self) -> str:
        """The image as it is spelled, with the beginning of its digest."""
        spelled = self.image.partition("@")[0]
        return f"{spelled} {self.digest[:SHORT]}".strip() or "unknown"

    @property
    def amounts_in_words(self) -> str:
        """Limits and requests as one would say them."""
        limits = _words(self.cpu_limit, self.memory_limit)
        return f"at most {limits}, requests {_words(self.cpu_request, self.memory_request)}"


def _words(cpus: float | None, memory: int | None) -> str:
    cpu = "any" if cpus is None else f"{cpus:g}"
    return f"{cpu} CPU and {'any' if memory is None else f'{memory / 2**20:g} MiB'}"


class Served(ObservedModel):
    """The pods of a Service, and what runs in them."""

    pods: int = Field(description="How many pods it had.")
    containers: tuple[ServedContainer, ...] = Field(
        default=(),
        max_length=MOST_CONTAINERS,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="Containers of its pods: those of one name, image and amounts are one.",
    )


class AskedService(Served):
    """A Service that ran before its experiment, as it was when an attempt began."""

    name: str = Field(max_length=63, description="The Service.")
    spec: str = Field(max_length=100, description="Its uid, and a hash of its spec.")
    endpoints: str = Field(max_length=20, description="Hash of its EndpointSlices' generations.")
    processes: str = Field(max_length=20, description="Hash of its pods and their restarts.")
