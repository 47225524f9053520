"""What all documents share: frozen values in which unknown fields are ignored."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

# What fits in 64 bits: sums and quotients of such numbers are numbers, too.
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
# Of what is measured, such as seconds: beyond it nothing is, and differences stay exact.
Amount = Annotated[float, Field(ge=0, le=1e15)]


class ReadModel(BaseModel):
    """A document somebody else wrote."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        allow_inf_nan=False,
    )
