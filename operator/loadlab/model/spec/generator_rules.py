"""What a spec may not ask of the load generators that it uses: each rule derives from their skills.

What follows from the workload, or from the value of a duration, is looked at in the plan.
"""

from typing import TYPE_CHECKING

from loadlab.base.rules import Rule
from loadlab.catalogue import Factor, Generator
from loadlab.catalogue.generators import DEFAULT, REMEDY, Skill, named, without
from loadlab.model.spec.load import Executor, Purpose
from loadlab.model.spec.request import Redirects

if TYPE_CHECKING:
    from loadlab.model.spec.experiment import LoadExperimentSpec

_IS_OPEN = (
    "self.load.executor.endsWith('arrival-rate') || has(self.load.search) || "
    "(has(self.load.purpose) && self.load.purpose == 'Compare')"
)
_VARIES = "has(self.load.request.variables) && size(self.load.request.variables) > 0"


def generators_of(spec: "LoadExperimentSpec") -> tuple[Generator, ...]:
    """Return the generators that a spec uses."""
    swept = spec.factors.levels(Factor.GENERATOR)
    return tuple(map(named, swept)) if swept else (spec.load.generator,)


def _uses(names: tuple[str, ...]) -> str:
    return (
        f"(has(self.factors.generator) ? self.factors.generator.exists(g, g in {list(names)}) : "
        f"self.load.generator in {list(names)})"
    )


def _is_open(spec: "LoadExperimentSpec") -> bool:
    load = spec.load
    return load.executor.is_open or load.search is not None or load.purpose is Purpose.COMPARE


def _asks(spec: "LoadExperimentSpec", skill: Skill) -> bool:
    return {
        Skill.OPEN_MODEL: _is_open(spec),
        Skill.RAMPS: spec.load.executor is Executor.RAMPING_VUS,
        Skill.VARIABLES: bool(spec.load.request.variables),
        Skill.FOLLOWS: spec.load.request.redirects is Redirects.FOLLOW,
        Skill.ITERATIONS: spec.load.iterations is not None,
        Skill.SCRIPT: spec.load.script is not None,
    }[skill]


def _needs(skill: Skill, asked: str, path: str) -> Rule["LoadExperimentSpec"]:
    """Nothing is asked for that one of the generators cannot do."""
    names = without(skill)
    return Rule(
        f"!{_uses(names)} || !({asked})",
        lambda spec: (
            not (_asks(spec, skill) and any(used.lacks(skill) for used in generators_of(spec)))
        ),
        f"{' and '.join(names)} cannot do {skill.value}: {REMEDY}",
        path,
    )


def _fixed_or_swept(spec: "LoadExperimentSpec") -> bool:
    is_swept = spec.factors.levels(Factor.GENERATOR) is not None
    return not is_swept or spec.load.generator is DEFAULT


def _only(skill: Skill, field: str) -> Rule["LoadExperimentSpec"]:
    """A field that means something to some generators goes with one of them."""
    skilled = tuple(each.value for each in Generator if not each.lacks(skill))
    return Rule(
        f"!has(self.load.{field}) || {_uses(skilled)}",
        lambda spec: (
            getattr(spec.load, field) is None
            or any(not used.lacks(skill) for used in generators_of(spec))
        ),
        f"{skill.value} is for {' and '.join(skilled)} only",
        ".load",
    )


def generator_rules() -> tuple[Rule["LoadExperimentSpec"], ...]:
    """Return the rules of a spec about its load generators."""
    return (
        Rule(
            f"!has(self.factors.generator) || self.load.generator == '{DEFAULT}'",
            _fixed_or_swept,
            "factors.generator sweeps what load.generator fixes: leave load.generator out",
            ".factors",
        ),
        _only(Skill.THREADS, "threads"),
        _needs(Skill.OPEN_MODEL, _IS_OPEN, ".load"),
        _needs(Skill.RAMPS, "self.load.executor == 'ramping-vus'", ".load"),
        _needs(Skill.VARIABLES, _VARIES, ".load"),
        _needs(Skill.FOLLOWS, "self.load.request.redirects == 'Follow'", ".load"),
        _needs(Skill.ITERATIONS, "has(self.load.iterations)", ".load"),
        _needs(Skill.SCRIPT, "has(self.load.script)", ".load"),
    )
