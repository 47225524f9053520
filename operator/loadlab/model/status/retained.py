"""What a failed experiment keeps for people to look at."""

from typing import ClassVar

from pydantic import Field

from loadlab.base.models import ObservedModel


class Retained(ObservedModel):
    """What is kept, until when at the latest, and how it is looked at and cleared away."""

    MOST_PODS: ClassVar[int] = 20

    until: str = Field(
        description=(
            "When it goes at the latest (RFC 3339); sooner where another experiment has its turn."
        )
    )
    pods: tuple[str, ...] = Field(
        default=(), max_length=MOST_PODS, description="The pods that were kept."
    )
    look: str = Field(default="", max_length=300, description="The command that shows it.")
    clear: str = Field(default="", max_length=300, description="The command that clears it away.")
