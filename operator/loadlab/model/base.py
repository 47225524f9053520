"""What every model of the API shares: frozen, camelCase in JSON, unknown fields refused."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class ApiModel(BaseModel):
    """A value of the API."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    def dump(self) -> dict[str, object]:
        """Return the JSON object the API server stores; absent fields stay absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class ObservedModel(ApiModel):
    """A value we read back: fields that a later version added are ignored, not refused."""

    model_config = ConfigDict(extra="ignore")
