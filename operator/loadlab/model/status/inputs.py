"""In which versions the objects were that an experiment was given."""

from typing import Annotated

from pydantic import Field

MOST_CONFIG_MAPS = 20  # that an experiment may name: each is asked for in each pass
LONGEST_VERSION = 100  # characters

Inputs = dict[str, Annotated[str, Field(max_length=LONGEST_VERSION)]]  # by the ConfigMap's name
