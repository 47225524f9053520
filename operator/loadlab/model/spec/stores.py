"""The stores of an experiment: Postgres, Redis, RabbitMQ."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.base.rules import Rule, RuledModel, short_keys
from loadlab.model.spec.secrets import DatabaseUrlRef
from loadlab.model.spec.texts import OPTIONAL_IMAGE


class PostgresMode(StrEnum):
    """Whose Postgres the workload runs on."""

    BUILTIN = "Builtin"
    EXISTING = "Existing"


# The rules are also held against the field's default, an object that its own defaults do not fill.
_EXISTING = "(has(self.mode) && self.mode == 'Existing')"


class Postgres(RuledModel):
    """The Postgres of workloads with a database: one of the experiment's own, or an existing one.

    In an existing database everything that LoadLab makes lies in the schema `loadlab`.
    """

    RULES: ClassVar[tuple[Rule["Postgres"], ...]] = (
        Rule(
            f"{_EXISTING} == has(self.secretRef)",
            lambda it: it.is_existing == (it.secret_ref is not None),
            "postgres.secretRef goes with mode Existing, and only with it",
            ".secretRef",
        ),
        Rule(
            f"!{_EXISTING} || ((!has(self.image) || self.image == '') && "
            "(!has(self.settings) || self.settings.size() == 0))",
            lambda it: not it.is_existing or not (it.image or it.settings),
            "postgres.image and postgres.settings belong to mode Builtin",
        ),
        Rule(
            f"{_EXISTING} || !has(self.overwrite) || !self.overwrite",
            lambda it: it.is_existing or not it.overwrite,
            "postgres.overwrite belongs to mode Existing: a built-in Postgres begins empty",
            ".overwrite",
        ),
        short_keys("settings", "settings", 63),
    )

    mode: PostgresMode = Field(
        default=PostgresMode.BUILTIN,
        description=(
            "Builtin deploys a Postgres for the experiment. Existing uses the database that "
            "secretRef names (Postgres 14 or newer): what LoadLab makes lies in its schema "
            "loadlab, other schemas are not touched. Its CPU and memory are then unknown."
        ),
    )
    secret_ref: DatabaseUrlRef | None = Field(
        default=None,
        description=(
            "Where the postgresql:// URL is, only with mode Existing. Its role must own the schema "
            "loadlab or be allowed to create it."
        ),
    )
    overwrite: bool = Field(
        default=False,
        description=(
            "true replaces LoadLab's own tables in the schema loadlab where they hold another "
            "scale or seed; false ends the experiment there. With mode Existing."
        ),
    )
    image: str = Field(
        default="",
        max_length=300,
        pattern=OPTIONAL_IMAGE,
        description="Image, such as postgres:15; empty takes the operator's default.",
    )
    scale: float = Field(
        default=0.01,
        ge=0.001,
        le=1,
        description=(
            "Size of the data set: 1 is 1 M users, 5 M orders and 10 M order items, about 2 GB, "
            "which takes minutes to load: raise timeouts.prepare with it."
        ),
    )
    settings: dict[str, str] = Field(
        default={},
        max_length=50,
        description='Server settings, such as {max_connections: "200"}; values are strings.',
    )

    @property
    def is_existing(self) -> bool:
        """Whether the database is there already."""
        return self.mode is PostgresMode.EXISTING


class Appendfsync(StrEnum):
    """When Redis forces its log to the disk."""

    ALWAYS = "always"
    EVERYSEC = "everysec"
    NO = "no"


class Redis(ApiModel):
    """The Redis that the operator deploys for workloads with a queue."""

    image: str = Field(
        default="",
        max_length=300,
        pattern=OPTIONAL_IMAGE,
        description="Image, such as redis:7; empty takes the operator's default.",
    )
    appendfsync: Appendfsync = Field(
        default=Appendfsync.EVERYSEC,
        description=(
            "always loses nothing on a crash, everysec up to two seconds of accepted requests."
        ),
    )


class RabbitMq(ApiModel):
    """The RabbitMQ that the operator deploys for variants with Celery."""

    image: str = Field(
        default="",
        max_length=300,
        pattern=OPTIONAL_IMAGE,
        description="Image, such as rabbitmq:3; empty takes the operator's default.",
    )
