"""Preparation of the user's own: what is done once, before the first trial."""

from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.alias_generators import to_snake

from loadlab.base.quantities import Duration, bounded
from loadlab.base.rules import Rule, RuledModel
from loadlab.model.spec.files import BY_PATH, MOST_FILES, MountedFile
from loadlab.model.spec.pod import POD_RULES, PodFields
from loadlab.model.spec.secrets import ConfigMapKeyRef, EnvSource
from loadlab.model.spec.texts import IMAGE, NO_NUL
from loadlab.model.spec.variants import MOST_VARIABLES, EnvVar

OF_IMAGE = (
    *("imagePullPolicy", "imagePullSecrets"),
    *("serviceAccountName", "automountServiceAccountToken", "envFrom", "files"),
)


class Preparation(PodFields, RuledModel):
    """One Job between the data set and the first trial: an image, or SQL."""

    RULES: ClassVar[tuple[Rule["Preparation"], ...]] = (
        Rule(
            "has(self.image) != has(self.sql)",
            lambda it: (it.image is None) != (it.sql is None),
            "preparation has either an image or sql",
        ),
        Rule(
            "has(self.image) || !(has(self.command) || (has(self.env) && size(self.env) > 0))",
            lambda it: it.image is not None or not (it.command or it.env),
            "command and env of preparation go with its image",
        ),
        Rule(
            f"has(self.image) || !({' || '.join(f'has(self.{name})' for name in OF_IMAGE)})",
            lambda it: (
                it.image is not None
                or all(getattr(it, to_snake(name)) is None for name in OF_IMAGE)
            ),
            f"{', '.join(OF_IMAGE)} of preparation go with its image",
        ),
        *POD_RULES,
        Rule(
            "!has(self.env) || "
            "self.env.all(given, self.env.exists_one(other, other.name == given.name))",
            lambda it: len({variable.name for variable in it.env}) == len(it.env),
            "env names a variable twice; leave one of them",
            ".env",
        ),
    )

    image: str | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        pattern=IMAGE,
        description=(
            "Image that prepares, such as registry.example/shop:1.4, absent where sql does. It "
            "runs as a service's image does, and is told DATABASE_URL where there is a Postgres."
        ),
    )
    command: tuple[Annotated[str, Field(max_length=2000, pattern=NO_NUL)], ...] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description="Command, such as [alembic, upgrade, head]; absent for the image's own.",
    )
    env: tuple[EnvVar, ...] = Field(
        default=(),
        max_length=MOST_VARIABLES,
        description="Variables of the image, as a variant has them.",
    )
    env_from: tuple[EnvSource, ...] | None = Field(
        default=None,
        max_length=5,
        description=(
            "Secrets and ConfigMaps whose keys are variables of the image, as a variant has them; "
            "absent for none."
        ),
    )
    files: tuple[MountedFile, ...] | None = Field(
        default=None,
        max_length=MOST_FILES,
        description=(
            "Files of the image's container from Secrets and ConfigMaps, as a variant has them; "
            "absent for none."
        ),
        json_schema_extra=BY_PATH,
    )
    sql: ConfigMapKeyRef | None = Field(
        default=None,
        description=(
            "A key of a ConfigMap with SQL for the experiment's Postgres, such as {name: shop, "
            "key: seed.sql}: psql runs it until the first error; absent where image is given."
        ),
    )
    timeout: Annotated[Duration, bounded("10s", "6h")] = Field(
        default="30m",
        description=(
            "From the start of the Job until its end, within timeouts.total. It is stopped then, "
            "wherever it is: give a migration all the time that it may take. timeouts.prepare is "
            "for what comes before it."
        ),
    )
