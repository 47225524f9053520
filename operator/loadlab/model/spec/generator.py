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
            "Iterations of the measurement in all, by k6 or hey: it ends with the last of them, "
            "which must come within duration, or the trial is void. k6's users take the next one "
            "when they are free (shared-iterations); hey's make as many each; absent: as many as "
            "duration allows."
        ),
    )
