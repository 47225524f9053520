"""What every model of the API shares: frozen, camelCase in JSON, unknown fields refused."""

from collections.abc import Mapping
from typing import Any, Self, get_args, get_origin

from annotated_types import MaxLen
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from loadlab.base.misspelt import meant
from loadlab.base.text import fit, plain, plain_values


class ApiModel(BaseModel):
    """A value of the API."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    def dump(self) -> dict[str, object]:
        """Return the JSON object the API server stores; absent fields stay absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def first_fault(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """Return where the first of the faults is, and what it is, without what was found there.

    Of a model that is given an unknown field is told with the one that was meant.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    # Pydantic's own words are for those who wrote the model.
    told = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        known = meant(model, first) if model else ""
        told = f"there is no such field{known and f': {known}?'}"
    return f"{'.'.join(str(part) for part in first['loc'])}: {told}"


def _plain_parts(value: object) -> object:
    """Clean the texts of a value; in a list only its own, since each model in it does the same."""
    if type(value) is list or type(value) is tuple:
        return type(value)(plain(one) if type(one) is str else one for one in value)
    return plain_values(value)


def _is_map(annotation: object) -> bool:
    return dict in {get_origin(annotation), *map(get_origin, get_args(annotation))}


class ObservedModel(ApiModel):
    """A value we read back: fields that a later version added are ignored, not refused.

    What a text or a list is cut to is its field's bound: a message of others can be of any length,
    and a status that the API server refuses would never be written.
    """

    model_config = ConfigDict(extra="ignore")

    @field_validator("*", mode="before")
    @classmethod
    def _fit_text(cls, value: object, info: ValidationInfo) -> object:
        return cls._fitted(info.field_name or "", value)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, the changed texts cut as where a value is made."""
        changed = {name: self._fitted(name, value) for name, value in (update or {}).items()}
        return super().model_copy(update=changed, deep=deep)

    @classmethod
    def _fitted(cls, name: str, value: object) -> object:
        if type(value) is dict and not _is_map(cls.model_fields[name].annotation):
            return value  # a model of its own: a spec is the user's, and stays as it is
        bounds = [m.max_length for m in cls.model_fields[name].metadata if isinstance(m, MaxLen)]
        most = min(bounds, default=None)
        if type(value) is list or type(value) is tuple:
            return _plain_parts(value[:most])
        return fit(value, most) if type(value) is str else _plain_parts(value)
