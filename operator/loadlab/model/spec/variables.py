"""Variables of a request: a range of integers, a list of texts, or the lines of a ConfigMap."""

from typing import Annotated, ClassVar

from pydantic import Field

from loadlab.base.rules import Rule, RuledModel, exactly_one
from loadlab.model.spec.secrets import ConfigMapKeyRef

# Of one line: what would break a header or a line break in a list is no value.
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
LEAST, MOST = -2_147_483_648, 2_147_483_647


class Variable(RuledModel):
    """The values that a variable takes; the same request gets the same one in every variant."""

    RULES: ClassVar[tuple[Rule["Variable"], ...]] = (
        Rule(
            "has(self.min) == has(self.max)",
            lambda it: (it.min is None) == (it.max is None),
            "min goes with max",
        ),
        Rule(
            exactly_one("min", "values", "configMapKeyRef"),
            lambda it: [it.min, it.values, it.config_map_key_ref].count(None) == 2,
            "a variable has one of min and max, values, and configMapKeyRef",
        ),
        Rule(
            "!has(self.min) || !has(self.max) || self.min <= self.max",
            lambda it: it.min is None or it.max is None or it.min <= it.max,
            "min must not exceed max",
        ),
    )

    min: int | None = Field(
        default=None,
        ge=LEAST,
        le=MOST,
        description="Smallest integer, such as 0; goes with max only.",
    )
    max: int | None = Field(
        default=None, ge=LEAST, le=MOST, description="Largest integer, included; only with min."
    )
    values: tuple[Text, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Texts, such as [a@example.org, b@example.org]; absent for another kind.",
    )
    config_map_key_ref: ConfigMapKeyRef | None = Field(
        default=None,
        description=(
            "A key of a ConfigMap of the namespace with a text on each line, such as {name: shop, "
            "key: emails}; absent for another kind."
        ),
    )
