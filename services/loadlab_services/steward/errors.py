"""What the steward answers instead of a result.

StewardError (status, message)
├── UnknownRunError      404  no run of this experiment has that name
├── UnknownVariantError  404  the experiment has no such variant
├── PodsMissingError     408  not all pods came in time
├── PodsDifferError      409  two pods of one run disagree about how many they are
├── SchemaTakenError     409  another experiment has taken the schema in the user's database
└── StoresAwayError      503  Postgres or Redis did not answer; nothing was done, ask again
"""

from collections.abc import Iterable


class SourceError(Exception):
    """A component answered, but not with its figures."""


class GoneError(SourceError):
    """Nothing serves there: a process ended, or its meter finds none that is left."""


class CutOffError(SourceError):
    """Not even a connection was taken: no process has a part in that, only the node and its net."""


class StewardError(Exception):
    """Anything the steward reports to its callers."""

    status = 500


class UnknownRunError(StewardError):
    """The name is none that the operator gives to a run of this experiment."""

    status = 404

    def __init__(self, *, run: str) -> None:
        super().__init__(f"{run} is no run of this experiment")


class UnknownVariantError(StewardError):
    """Only what the steward was started with is asked for its figures."""

    status = 404

    def __init__(self, *, variant: str) -> None:
        super().__init__(f"{variant} is no variant of this experiment")


class PodsMissingError(StewardError):
    """The others did not come in time."""

    status = 408

    def __init__(self, *, run: str, missing: Iterable[int], waited: float) -> None:
        pods = ", ".join(str(pod) for pod in missing) or "none: the stores are not ready"
        super().__init__(f"run {run}: waited {waited:g} s in vain for pods {pods}")


class PodsDifferError(StewardError):
    """The callers of one run do not belong together."""

    status = 409

    def __init__(self, *, run: str, known: int, said: int) -> None:
        super().__init__(f"run {run} has {known} pods, this caller says {said}; start a new run")


class SchemaTakenError(StewardError):
    """Nothing of the schema is this experiment's any more."""

    status = 409

    def __init__(self, *, owner: str) -> None:
        super().__init__(
            f"LoadLab's schema in the database belongs to experiment {owner} now, and is left as "
            "it is: give each experiment that runs at the same time a database of its own"
        )


class StoresAwayError(StewardError):
    """A store did not answer."""

    status = 503

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"a store does not answer ({type(cause).__name__}: {cause}); ask again")
