"""Keys of Secrets and ConfigMaps in the experiment's namespace."""

from typing import Annotated, ClassVar

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.base.rules import Rule, RuledModel

OBJECT_NAME = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"
SecretName = Annotated[str, Field(pattern=OBJECT_NAME, max_length=253, description="The Secret.")]
KeyName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=253)]


class MayBeRenewed(ApiModel):
    """What shows who asks or who answers: others renew it hourly, and it changes no figure."""


class NamesSecret(ApiModel):
    """Whatever gives a Secret of the namespace to pods: it is looked after by this type."""

    name: SecretName


class NamesSecretKey(NamesSecret):
    """What gives one key of it, and no other."""

    key: KeyName


class SecretKeyRef(NamesSecretKey):
    """One key of a Secret in the experiment's namespace."""

    key: KeyName = Field(description="The key in it with the value.")


class NamesConfigMap(ApiModel):
    """Whatever names a ConfigMap of the experiment's namespace: it is looked after by this type."""

    name: str = Field(pattern=OBJECT_NAME, max_length=253, description="The ConfigMap.")


class ConfigMapKeyRef(NamesConfigMap):
    """One key of a ConfigMap in the experiment's namespace."""

    key: KeyName = Field(description="The key in it with the value.")


class ValueSource(RuledModel):
    """Where a value is: in a Secret or in a ConfigMap."""

    RULES: ClassVar[tuple[Rule["ValueSource"], ...]] = (
        Rule(
            "has(self.secretKeyRef) != has(self.configMapKeyRef)",
            lambda it: (it.secret_key_ref is None) != (it.config_map_key_ref is None),
            "give either a secretKeyRef or a configMapKeyRef",
        ),
    )

    secret_key_ref: SecretKeyRef | None = Field(
        default=None,
        description=(
            "A key of a Secret of the namespace, such as {name: shop, key: password}; "
            "absent where configMapKeyRef is given."
        ),
    )
    config_map_key_ref: ConfigMapKeyRef | None = Field(
        default=None,
        description=(
            "A key of a ConfigMap of the namespace, such as {name: shop, key: region}; "
            "absent where secretKeyRef is given."
        ),
    )


class SecretRef(NamesSecret):
    """A Secret of the experiment's namespace, with all its keys."""


class ConfigMapRef(NamesConfigMap):
    """A ConfigMap of the experiment's namespace, with all its keys."""


class EnvSource(RuledModel):
    """All keys of a Secret or a ConfigMap as environment variables."""

    RULES: ClassVar[tuple[Rule["EnvSource"], ...]] = (
        Rule(
            "has(self.secretRef) != has(self.configMapRef)",
            lambda it: (it.secret_ref is None) != (it.config_map_ref is None),
            "give either a secretRef or a configMapRef",
        ),
    )

    secret_ref: SecretRef | None = Field(
        default=None, description="A Secret, such as {name: shop}; absent with a configMapRef."
    )
    config_map_ref: ConfigMapRef | None = Field(
        default=None, description="A ConfigMap, such as {name: shop}; absent with a secretRef."
    )


class RedisUrlRef(NamesSecretKey):
    """The key of a Secret that holds the address of a Redis."""

    key: KeyName = Field(default="url", description="The key in it that holds a redis:// URL.")


class AmqpUrlRef(NamesSecretKey):
    """The key of a Secret that holds the address of a RabbitMQ."""

    key: KeyName = Field(default="url", description="The key in it that holds an amqp:// URL.")


class DatabaseUrlRef(NamesSecretKey):
    """The key of a Secret that holds the address of a database."""

    key: KeyName = Field(default="url", description="The key in it that holds a postgresql:// URL.")
