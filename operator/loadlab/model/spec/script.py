"""A k6 script of the user's own, which makes the requests of a trial."""

from typing import Annotated

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.model.spec.secrets import NamesConfigMap
from loadlab.model.spec.variants import MOST_VARIABLES, EnvVar


class ScriptFile(NamesConfigMap):
    """A k6 script in a ConfigMap, with the files that it reads beside it."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=253)] = Field(
        default="script.js", description="The key in it with the script."
    )


class Script(ApiModel):
    """A k6 script of the user's own."""

    config_map: ScriptFile = Field(
        description=(
            "Where it is, such as {name: shop-load, key: script.js}. Its other keys are files "
            "beside it: import './lib.js' and open('./users.json') work."
        )
    )
    function: str = Field(
        default="default",
        pattern=r"^[A-Za-z_$][A-Za-z0-9_$]*$",
        max_length=100,
        description=(
            "Which of its exported functions is an iteration. With executor Script its own "
            "scenarios say so."
        ),
    )
    env: tuple[EnvVar, ...] = Field(
        default=(),
        max_length=MOST_VARIABLES,
        description=(
            "Variables that it finds in __ENV, beside LOADLAB_TARGET, the address of the service, "
            "such as {name: BASE_URL, value: $(LOADLAB_TARGET)/api}."
        ),
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    )
