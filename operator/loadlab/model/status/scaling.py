"""How throughput grows with workers or virtual users, by the universal scalability law."""

from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import significant
from loadlab.model.status.figures import Figure


class Scaling(ObservedModel):
    """The law of one factor for a variant at the same other levels, or why there is none."""

    factor: str = Field(max_length=30, description="The factor N: workers or virtualUsers.")
    of: str = Field(max_length=200, description="The cells: variant and all other levels.")
    levels: int = Field(description="Levels whose throughput entered.")
    rate_of_one: Annotated[Figure | None, significant(4)] = Field(
        default=None, description="Requests per second of one, as the law sees it."
    )
    contention: Annotated[Figure | None, significant(3)] = Field(
        default=None, description="Share of the work that all wait for (sigma)."
    )
    coherence: Annotated[Figure | None, significant(3)] = Field(
        default=None, description="What each pair costs for keeping in step (kappa)."
    )
    peak_at: Annotated[float | None, significant(3)] = Field(
        default=None, description="N beyond which throughput falls, where it was measured there."
    )
    peak: Annotated[float | None, significant(4)] = Field(
        default=None, description="Requests per second there."
    )
    limit: Annotated[Figure | None, significant(4)] = Field(
        default=None,
        description="Requests per second of a hard limit, where throughput meets one.",
    )
    knee: Annotated[float | None, significant(3)] = Field(
        default=None,
        description="N at which as many without any loss would reach the peak, or the hard limit.",
    )
    recommendation: str = Field(
        default="", max_length=200, description="Which level is enough, in words."
    )
    why: str | None = Field(
        default=None, max_length=200, description="Why there is no law, or no peak."
    )
