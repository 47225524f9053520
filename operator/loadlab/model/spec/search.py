"""The search for the highest rate at which a cell meets the success criteria."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from loadlab.base.rules import Rule, RuledModel
from loadlab.catalogue import Factor
from loadlab.model.spec.order import Strategy

if TYPE_CHECKING:
    from loadlab.model.spec.experiment import LoadExperimentSpec

HIGHEST_RATE = Factor.RATE.facts.high


class Search(RuledModel):
    """Which rates are tried, and how near the one that fails must lie to the one that holds.

    The lowest and the highest load and the width are those of MLRsearch (IETF BMWG).
    """

    RULES: ClassVar[tuple[Rule["Search"], ...]] = (
        Rule(
            "self.minRate < self.maxRate",
            lambda it: it.min_rate < it.max_rate,
            "minRate must lie below maxRate",
        ),
    )

    min_rate: int = Field(
        default=1,
        ge=1,
        le=HIGHEST_RATE,
        description=(
            "Requests per load.timeUnit below which none are tried. Nor is a rate tried that "
            "gives fewer than 1,000 requests in 300 s, or in load.duration where that is longer."
        ),
    )
    max_rate: int = Field(
        default=HIGHEST_RATE,
        ge=1,
        le=HIGHEST_RATE,
        description="Requests per load.timeUnit beyond which none are tried.",
    )
    within: str = Field(
        default="5%",
        pattern=r"^([2-9]|[1-4][0-9]|50)%$",
        min_length=2,
        max_length=3,
        description=(
            "How far beyond the highest rate that holds the lowest one may lie that does not, as "
            "a share of it."
        ),
    )

    @property
    def share(self) -> float:
        """The width as a share; 0.1 is 10 %."""
        return int(self.within.removesuffix("%")) / 100


def _searches(spec: "LoadExperimentSpec") -> bool:
    return spec.load.search is not None


def _has_criteria(spec: "LoadExperimentSpec") -> bool:
    return not _searches(spec) or bool(spec.success_criteria)


def _leaves_the_rate_open(spec: "LoadExperimentSpec") -> bool:
    return not _searches(spec) or spec.factors.levels(Factor.RATE) is None


def _takes_turns(spec: "LoadExperimentSpec") -> bool:
    return not _searches(spec) or spec.order.strategy is Strategy.INTERLEAVED


def _claims_no_difference(spec: "LoadExperimentSpec") -> bool:
    claims = spec.expectations or spec.precision or spec.comparison
    return not (_searches(spec) and claims)


def search_rules() -> tuple[Rule["LoadExperimentSpec"], ...]:
    """Return the rules of a spec that searches for what its cells carry."""
    searches = "has(self.load.search)"
    return (
        Rule(
            f"!{searches} || (has(self.successCriteria) && size(self.successCriteria) > 0)",
            _has_criteria,
            "load.search finds the highest rate at which successCriteria hold: give some, such as "
            "p(95)<200 of http_req_duration",
            ".successCriteria",
        ),
        Rule(
            f"!{searches} || !has(self.factors.rate)",
            _leaves_the_rate_open,
            "load.search chooses the rates: leave factors.rate out, and bound them by "
            "load.search.minRate and maxRate",
            ".factors",
        ),
        Rule(
            f"!{searches} || self.order.strategy == 'Interleaved'",
            _takes_turns,
            "load.search lets the cells take turns: leave order.strategy Sequential out",
            ".order",
        ),
        Rule(
            f"!{searches} || !((has(self.expectations) && size(self.expectations) > 0) || "
            "has(self.precision) || has(self.comparison))",
            _claims_no_difference,
            "load.search offers each cell rates of its own, at which no difference can be claimed: "
            "leave expectations, precision and comparison out, or use load.purpose Compare",
            ".load",
        ),
    )
