"""The stores of an experiment: Postgres, Redis, RabbitMQ."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from loadlab.base.rules import Rule, RuledModel, short_keys
from loadlab.model.spec.secrets import AmqpUrlRef, DatabaseUrlRef, RedisUrlRef
from loadlab.model.spec.texts import OPTIONAL_IMAGE


class StoreMode(StrEnum):
    """Whose store the workload runs on."""

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

    mode: StoreMode = Field(
        default=StoreMode.BUILTIN,
        description=(
            "Builtin deploys a Postgres for the experiment. Existing uses the database that "
            "secretRef names (Postgres 14 or newer): what LoadLab makes lies in its schema "
            "loadlab, other schemas are not touched, and one experiment at a time uses it. Its CPU "
            "and memory are then unknown."
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
        return self.mode is StoreMode.EXISTING


class Appendfsync(StrEnum):
    """When Redis forces its log to the disk."""

    ALWAYS = "always"
    EVERYSEC = "everysec"
    NO = "no"


class Redis(RuledModel):
    """The Redis of workloads with a queue or a cache: the experiment's own, or an existing one.

    In an existing Redis every key of LoadLab begins with `loadlab:` and the experiment's uid.
    """

    RULES: ClassVar[tuple[Rule["Redis"], ...]] = (
        Rule(
            f"{_EXISTING} == has(self.secretRef)",
            lambda it: it.is_existing == (it.secret_ref is not None),
            "redis.secretRef goes with mode Existing, and only with it",
            ".secretRef",
        ),
        Rule(
            f"!{_EXISTING} || ((!has(self.image) || self.image == '') && "
            "(!has(self.appendfsync) || self.appendfsync == 'everysec'))",
            lambda it: (
                not it.is_existing or (not it.image and it.appendfsync is Appendfsync.EVERYSEC)
            ),
            "redis.image and redis.appendfsync belong to mode Builtin",
        ),
    )

    mode: StoreMode = Field(
        default=StoreMode.BUILTIN,
        description=(
            "Builtin deploys a Redis for the experiment. Existing uses the one that secretRef "
            "names (Redis 6.2 or newer, no Cluster): LoadLab uses keys that begin with loadlab: "
            "and the experiment's uid, and no others. Its CPU and memory are then unknown."
        ),
    )
    secret_ref: RedisUrlRef | None = Field(
        default=None,
        description=(
            "Where the redis:// or rediss:// URL is, only with mode Existing. Its user needs the "
            "keys ~loadlab:* and INFO."
        ),
    )
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

    @property
    def is_existing(self) -> bool:
        """Whether the Redis is there already."""
        return self.mode is StoreMode.EXISTING


METRICS_PORT = 15692  # of RabbitMQ's plugin rabbitmq_prometheus


class RabbitMq(RuledModel):
    """The RabbitMQ of variants with Celery: the experiment's own, or an existing one.

    In an existing RabbitMQ every queue of LoadLab begins with `loadlab:` and the experiment's uid.
    """

    RULES: ClassVar[tuple[Rule["RabbitMq"], ...]] = (
        Rule(
            f"{_EXISTING} == has(self.secretRef)",
            lambda it: it.is_existing == (it.secret_ref is not None),
            "rabbitmq.secretRef goes with mode Existing, and only with it",
            ".secretRef",
        ),
        Rule(
            f"!{_EXISTING} || !has(self.image) || self.image == ''",
            lambda it: not it.is_existing or not it.image,
            "rabbitmq.image belongs to mode Builtin",
            ".image",
        ),
        Rule(
            f"{_EXISTING} || !has(self.metricsPort) || self.metricsPort == {METRICS_PORT}",
            lambda it: it.is_existing or it.metrics_port == METRICS_PORT,
            "rabbitmq.metricsPort belongs to mode Existing",
            ".metricsPort",
        ),
    )

    mode: StoreMode = Field(
        default=StoreMode.BUILTIN,
        description=(
            "Builtin deploys a RabbitMQ for the experiment. Existing uses the one that secretRef "
            "names: LoadLab uses queues that begin with loadlab: and the experiment's uid, and no "
            "others. It needs the plugin rabbitmq_prometheus."
        ),
    )
    secret_ref: AmqpUrlRef | None = Field(
        default=None,
        description=(
            "Where the amqp:// URL is, with the virtual host as its path; only with mode Existing. "
            "Its user may configure, write and read ^loadlab:, write amq.default, read amq.direct."
        ),
    )
    metrics_port: int = Field(
        default=METRICS_PORT,
        ge=1,
        le=65535,
        description=(
            "The port of the plugin rabbitmq_prometheus on the host of the URL, asked by http; "
            "with mode Existing."
        ),
    )
    image: str = Field(
        default="",
        max_length=300,
        pattern=OPTIONAL_IMAGE,
        description="Image, such as rabbitmq:3; empty takes the operator's default.",
    )

    @property
    def is_existing(self) -> bool:
        """Whether the RabbitMQ is there already."""
        return self.mode is StoreMode.EXISTING
