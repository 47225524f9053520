"""The order of the trials."""

from enum import StrEnum

from pydantic import Field

from loadlab.base.models import ApiModel

MAX_SEED = 2_147_483_647


class Strategy(StrEnum):
    """In which order the trials run."""

    INTERLEAVED = "Interleaved"
    SEQUENTIAL = "Sequential"


class Order(ApiModel):
    """The order of the trials."""

    strategy: Strategy = Field(
        default=Strategy.INTERLEAVED,
        description=(
            "Interleaved runs each replicate of all cells as one randomised block, so that a slow "
            "drift of the machine favours no cell. Sequential is for demonstration, and "
            "not for expectations."
        ),
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        le=MAX_SEED,
        description=(
            "Seed of the randomised order; absent for one that is drawn from the experiment's uid "
            "and stands in status.chosen.seed."
        ),
    )
