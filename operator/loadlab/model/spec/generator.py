"""What makes the load."""

from pydantic import Field

from loadlab.base.rules import RuledModel
from loadlab.catalogue import Generator
from loadlab.catalogue.generators import DEFAULT


class GeneratorChoice(RuledModel):
    """Which generator makes a load, and how many threads it has."""

    generator: Generator = Field(
        default=DEFAULT,
        description=(
            "What makes the load. k6 does all that an experiment may ask for. wrk, hey and locust "
            "(FastHttpUser; locust-http: HttpUser) send one kind of request in a closed loop of "
            "constant-vus: what they cannot do is refused with the reason. factors.generator "
            "sweeps it instead."
        ),
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description=(
            "Threads of each pod's generator, for wrk only; at most its virtual users. Absent for "
            "as many as it may use CPUs."
        ),
    )
    iterations: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description=(
            "Requests of the measurement in all, for hey only: it ends with the last of them, and "
            "within duration, or the trial is void. Each user makes as many, so that a rest that "
            "cannot be shared is left out. Absent for as many as duration allows."
        ),
    )
