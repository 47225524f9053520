"""Rules that both the API server and the models keep: a CEL text, and the same in Python."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from loadlab.base.models import ApiModel

VALIDATIONS = "x-kubernetes-validations"
ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class Rule(Generic[ValueT]):
    """What must be true of a value; `holds` says what `cel` says."""

    cel: str
    holds: Callable[[ValueT], bool]
    message: str
    field_path: str = ""

    def schema(self) -> dict[str, str]:
        """Return the rule as the CRD has it."""
        place = {"fieldPath": self.field_path} if self.field_path else {}
        return {"rule": self.cel, "message": self.message, **place}

    def check(self, value: ValueT) -> None:
        """Refuse a value of which the rule is not true.

        Raises:
            ValueError: says what must be true.
        """
        if not self.holds(value):
            raise ValueError(self.message)


@dataclass(frozen=True, slots=True)
class TransitionRule(Generic[ValueT]):
    """What must be true of a new value beside the old one; the API server alone sees both."""

    cel: str
    allows: Callable[[ValueT, ValueT], bool]
    message: str

    def schema(self) -> dict[str, str]:
        """Return the rule as the CRD has it."""
        return {"rule": self.cel, "message": self.message}


class RuledModel(ApiModel):
    """A value of the API whose fields depend on each other."""

    RULES: ClassVar[tuple[Rule[Any], ...]] = ()
    TRANSITIONS: ClassVar[tuple[TransitionRule[Any], ...]] = ()

    @model_validator(mode="after")
    def _keeps_its_rules(self) -> Self:
        for rule in self.RULES:
            rule.check(self)
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        described = handler(schema)
        rules: tuple[Rule[Any] | TransitionRule[Any], ...] = (*cls.RULES, *cls.TRANSITIONS)
        handler.resolve_ref_schema(described)[VALIDATIONS] = [rule.schema() for rule in rules]
        return described


def short_keys(field: str, alias: str, longest: int) -> Rule[Any]:
    """Bound the keys of a map. A pattern would cost more than a rule may: see `plan.keys`."""

    def holds(value: object) -> bool:
        return all(len(key) <= longest for key in getattr(value, field))

    return Rule(
        f"!has(self.{alias}) || self.{alias}.all(key, size(key) <= {longest})",
        holds,
        f"a key of {alias} has {longest} characters at most",
        f".{alias}",
    )


def exactly_one(*fields: str) -> str:
    """Return the CEL text of: one of these fields is given, and no other."""

    def alone(chosen: str) -> str:
        return " && ".join(f"{'' if field == chosen else '!'}has(self.{field})" for field in fields)

    return " || ".join(f"({alone(field)})" for field in fields)


@dataclass(frozen=True, slots=True)
class Ruled:
    """Annotation of a text that keeps a rule."""

    rule: Rule[str]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def kept(value: str) -> str:
            self.rule.check(value)
            return value

        return core_schema.no_info_after_validator_function(kept, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), VALIDATIONS: [self.rule.schema()]}
