"""The load generators, one entry each: the only place of the operator that knows one by name.

All keep one contract (docs/generators.md), so that what is done with their documents is the same.
What one cannot do is refused before anything runs; what of it depends on is said here.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Self


class Skill(Enum):
    """What a generator may be able to do, each with what a message calls it."""

    OPEN_MODEL = "an open model (arrival-rate executors, purpose Compare, search)"
    RAMPS = "a load that rises (ramping-vus)"
    CALIBRATION = "load.calibration"
    VARIABLES = "variables, ${request_id} among them: every request of it is the same"
    FOLLOWS = "load.request.redirects Follow"
    THINKS = "load.request.thinkTime"
    NAMES = "several kinds of requests, nor any beside the load"
    READS_ANSWERS = "what an answer says: whether it came from a cache, how fresh a list is"
    ACCOUNTS = "an account of accepted writes, without which nobody knows that none was lost"
    PARTS_OF_SECONDS = "parts of a second in load.duration, warmup and settling"
    PARTS_OF_SECONDS_TO_WAIT = "parts of a second in load.request.timeout"
    THREADS = "load.threads"
    ITERATIONS = "load.iterations"
    UNEVEN_SHARES = "load.iterations that factors.virtualUsers cannot share evenly"
    SCRIPT = "a k6 script (load.script, executor Script)"
    HTTPS = "a variant's https"
    HEAD = "requests by HEAD: it waits for the body that such an answer does not have"
    EVERY_HEADER = (
        "these headers: a User-Agent, an empty value, a name with more than A-Z, 0-9, - and _"
    )
    OTHER_FIELDS = "other fields of load.request than path, method, headers, body and timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorFacts:
    """What is known of one: its image among the operator's, its command line, and its skills."""

    image: str
    args: tuple[str, ...]
    own_script_args: tuple[str, ...] = ()  # instead, where a script of the user's own is run
    variables: tuple[tuple[str, str], ...] = ()  # of its environment
    skills: frozenset[Skill]
    waits_at_end: bool = True  # for answers under way, before it cuts them off
    output_args: tuple[str, ...] | None = None  # beside outputs of its own; None: it has none


_K6_ARGS = (
    "run",
    "--quiet",
    "--no-usage-report",
    "--summary-mode=disabled",
    "--no-thresholds",
    "--log-format=raw",
    "--out=histogram",
)
# A container's two streams come to its log by two pipes: between two parts of a long line of the
# one stands what a script said on the other, and nobody can tell them apart.
_IN_ONE_STREAM = "--log-output=stdout"
_EVERYTHING = frozenset(Skill) - {Skill.THREADS}

_OF_LOCUST = frozenset(
    {
        *(Skill.VARIABLES, Skill.PARTS_OF_SECONDS, Skill.PARTS_OF_SECONDS_TO_WAIT),
        *(Skill.HEAD, Skill.EVERY_HEADER),
    }
)
_OF_WRK = frozenset(
    {
        *(Skill.VARIABLES, Skill.PARTS_OF_SECONDS_TO_WAIT, Skill.THREADS),
        Skill.EVERY_HEADER,
    }
)


class Generator(StrEnum):
    """What makes the load."""

    _value_: str
    facts: GeneratorFacts

    def __new__(cls, name: str, facts: GeneratorFacts) -> Self:
        generator = str.__new__(cls, name)
        generator._value_ = name
        generator.facts = facts
        return generator

    K6 = (
        "k6",
        GeneratorFacts(
            image="k6",
            args=(*_K6_ARGS, "/scripts/scenario.js"),
            own_script_args=(*_K6_ARGS, _IN_ONE_STREAM, "/scripts/own.js"),
            variables=(("K6_AUTO_EXTENSION_RESOLUTION", "false"),),  # it would call outside
            skills=_EVERYTHING,
            output_args=(_IN_ONE_STREAM,),
        ),
    )
    WRK = (
        "wrk",
        GeneratorFacts(
            image="generators",
            args=("wrk",),
            skills=_OF_WRK,
            waits_at_end=False,
        ),
    )
    HEY = (
        "hey",
        GeneratorFacts(
            image="generators",
            args=("hey",),
            skills=frozenset({Skill.PARTS_OF_SECONDS, Skill.ITERATIONS, Skill.HEAD}),
        ),
    )

    LOCUST = (
        "locust",
        GeneratorFacts(image="generators", args=("locust",), skills=_OF_LOCUST),
    )
    LOCUST_HTTP = (
        "locust-http",
        GeneratorFacts(image="generators", args=("locust-http",), skills=_OF_LOCUST),
    )

    def lacks(self, skill: Skill) -> bool:
        """Whether it cannot do something."""
        return skill not in self.facts.skills


DEFAULT = Generator.K6
REMEDY = f"use {DEFAULT}"  # it can do all that an experiment may ask for


def named(name: object) -> Generator:
    """Return the generator of this name; KeyError without one."""
    return {generator.value: generator for generator in Generator}[str(name)]


def without(skill: Skill) -> tuple[str, ...]:
    """Return the names of the generators that cannot do something."""
    return tuple(generator.value for generator in Generator if generator.lacks(skill))
