"""LoadTrial: one cell, one replicate. The operator makes them; people read them."""

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.catalogue import Cell


class LoadTrialSpec(ApiModel):
    """What one trial runs. Immutable."""

    experiment: str = Field(max_length=63, description="Name of the LoadExperiment.")
    cell: Cell = Field(description="Variant and levels.")
    replicate: int = Field(ge=1, description="Repetition of the cell, from 1.")
    position: int = Field(ge=1, description="Place in the order of the trials, from 1.")
