"""What a spec left open and the operator chose: facts, from which the same plan is made again."""

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.model.spec.placement import ServiceCpu


class Chosen(ObservedModel):
    """What was chosen for an experiment; it stays once it stands in the status."""

    seed: int = Field(description="Seed of the trials' order: as given, or drawn from the uid.")
    service_cpu: ServiceCpu | None = Field(
        default=None,
        description=(
            "Exclusive or Shared, as given or as found out with the first trial; absent until then."
        ),
    )
    service_cpu_reason: str = Field(
        default="", max_length=500, description="Why it is Shared where Exclusive was preferred."
    )
