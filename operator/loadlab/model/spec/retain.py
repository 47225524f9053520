"""What an experiment leaves running when it is over."""

from enum import StrEnum


class Retain(StrEnum):
    """Whether the pods of an experiment that ended Failed stay for a while."""

    NEVER = "Never"
    ON_FAILURE = "OnFailure"
