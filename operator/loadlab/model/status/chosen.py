"""What a spec left open and the operator chose: facts, from which the same plan is made again."""

from pydantic import Field

from loadlab.base.models import ObservedModel


class Chosen(ObservedModel):
    """What was chosen for an experiment; it stays once it stands in the status."""

    seed: int = Field(description="Seed of the trials' order: as given, or drawn from the uid.")
