"""Factors, cells and patterns of cells: models with one field for each factor of the table."""

import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, Field, create_model

from loadlab.base.models import ApiModel, ObservedModel
from loadlab.catalogue.factor_facts import Level
from loadlab.catalogue.factors import Factor

MAX_LEVELS = 20
# From 10m to 999 CPUs, in two spellings, of which each is one word in a cell's title. A pattern
# bounds them: of quantities a rule would be asked for every level of every pattern of cells.
CPU_LEVEL = r"^([1-9][0-9]{0,2}|[1-9][0-9]{1,5}m)$"
ModelT = TypeVar("ModelT", bound=BaseModel)


def _with_factors(
    field: Callable[[Factor], tuple[Any, Any]],
) -> Callable[[type[ModelT]], type[ModelT]]:
    """Add the field of every factor, in the table's order, to a model."""

    def extend(model: type[ModelT]) -> type[ModelT]:
        fields: dict[str, Any] = {factor.attribute: field(factor) for factor in Factor}
        return create_model(
            model.__name__,
            __base__=model,
            __module__=model.__module__,
            __doc__=model.__doc__,
            **fields,
        )

    return extend


def _level(factor: Factor) -> Any:
    words = factor.facts.words
    if words:
        # An enum also where there is one word, for which pydantic would say `const`.
        known = AfterValidator(partial(_known_word, words))
        return Annotated[str, known, Field(json_schema_extra={"enum": [*words]})]
    if factor.facts.cpus:
        return Annotated[str, Field(pattern=CPU_LEVEL, min_length=1, max_length=7)]
    return Annotated[int, Field(ge=factor.facts.low, le=factor.facts.high)]


def _known_word(words: tuple[str, ...], word: str) -> str:
    if word not in words:
        raise ValueError(f"{word!r} is no level; there are {', '.join(words)}")
    return word


def _levels_field(factor: Factor) -> tuple[Any, Any]:
    levels: Any = types.GenericAlias(tuple, (_level(factor), ...))
    default = factor.facts.default
    return levels if default else levels | None, Field(
        default=default,
        min_length=1,
        max_length=MAX_LEVELS,
        description=factor.facts.description,
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )


def _pattern_field(factor: Factor) -> tuple[Any, Any]:
    return _level(factor) | None, Field(default=None, description=f"Level of {factor}.")


def _cell_field(factor: Factor) -> tuple[Any, Any]:
    if factor.facts.words or factor.facts.cpus:
        return str | None, Field(default=None, max_length=30, description=factor.facts.in_cell)
    return int | None, Field(default=None, description=factor.facts.in_cell)


@_with_factors(_levels_field)
class Factors(ApiModel):
    """The swept settings. Every list entry is a level; the cells are all their combinations."""

    def levels(self, factor: Factor) -> tuple[Level, ...] | None:
        """Return the levels of a factor; None where none are given."""
        found: tuple[Level, ...] | None = getattr(self, factor.attribute)
        return found


@_with_factors(_pattern_field)
class CellPattern(ApiModel):
    """Cells by variant and levels: every field given must match."""

    variant: str | None = Field(default=None, max_length=30, description="Name of a variant.")


@_with_factors(_cell_field)
class Cell(ObservedModel):
    """A variant and a level of every factor that means something for it."""

    variant: str = Field(max_length=30, description="Variant.")

    def level(self, factor: Factor) -> Level | None:
        """Return the level of a factor; None where it means nothing for the variant."""
        found: Level | None = getattr(self, factor.attribute)
        return found

    def number(self, factor: Factor) -> int | None:
        """Return the level of a factor of numbers; None where it means nothing for the variant."""
        found = self.level(factor)
        return found if isinstance(found, int) else None

    def levels(self) -> Iterator[tuple[Factor, Level]]:
        """Yield the factors that mean something for the variant, with their levels."""
        found = ((factor, self.level(factor)) for factor in Factor)
        return ((factor, level) for factor, level in found if level is not None)

    def title(self) -> str:
        """Spell the cell as one word, such as async/workers=2/virtualUsers=64."""
        return "/".join([self.variant, *(f"{factor}={level}" for factor, level in self.levels())])
