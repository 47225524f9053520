"""Keys of Secrets and ConfigMaps in the experiment's namespace."""

from typing import Annotated

from pydantic import Field

from loadlab.base.models import ApiModel

OBJECT_NAME = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"
SecretName = Annotated[str, Field(pattern=OBJECT_NAME, max_length=253, description="The Secret.")]
KeyName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=253)]


class SecretKeyRef(ApiModel):
    """One key of a Secret in the experiment's namespace."""

    name: SecretName
    key: KeyName = Field(description="The key in it with the value.")


class ConfigMapKeyRef(ApiModel):
    """One key of a ConfigMap in the experiment's namespace."""

    name: str = Field(pattern=OBJECT_NAME, max_length=253, description="The ConfigMap.")
    key: KeyName = Field(description="The key in it with the value.")


class DatabaseUrlRef(ApiModel):
    """The key of a Secret that holds the address of a database."""

    name: SecretName
    key: KeyName = Field(default="url", description="The key in it that holds a postgresql:// URL.")
