"""What goes with a k6 script of the user's own, and what does not."""

from typing import TYPE_CHECKING

from loadlab.base.rules import Rule
from loadlab.catalogue import custom
from loadlab.model.spec.load import Executor, Purpose

if TYPE_CHECKING:
    from loadlab.model.spec.experiment import LoadExperimentSpec

_HAS = "has(self.load.script)"


def _makes_all_requests(spec: "LoadExperimentSpec") -> bool:
    request = spec.load.request
    return spec.load.script is None or not (request.path or request.steps)


def _has_a_closed_load(spec: "LoadExperimentSpec") -> bool:
    load = spec.load
    is_open = load.executor.is_open or load.search is not None or load.purpose is Purpose.COMPARE
    return load.script is None or not is_open


def _has_a_script_to_follow(spec: "LoadExperimentSpec") -> bool:
    return spec.load.script is not None or spec.load.executor is not Executor.SCRIPT


def _asks_an_own_service(spec: "LoadExperimentSpec") -> bool:
    return spec.load.script is None or spec.workload == custom.NAME


def script_rules() -> tuple[Rule["LoadExperimentSpec"], ...]:
    """Return the rules of a spec about a script of its own."""
    return (
        Rule(
            f"!{_HAS} || !(has(self.load.request.path) || "
            "(has(self.load.request.steps) && size(self.load.request.steps) > 0))",
            _makes_all_requests,
            "load.script makes the requests: leave load.request.path and steps out",
            ".load",
        ),
        Rule(
            f"!{_HAS} || !(self.load.executor.endsWith('arrival-rate') || has(self.load.search) || "
            "(has(self.load.purpose) && self.load.purpose == 'Compare'))",
            _has_a_closed_load,
            "load.script goes with a given number of users: leave search and purpose Compare out, "
            "and use constant-vus, ramping-vus or Script",
            ".load",
        ),
        Rule(
            f"self.load.executor != 'Script' || {_HAS}",
            _has_a_script_to_follow,
            "load.executor Script takes the scenarios of load.script: give one",
            ".load",
        ),
        Rule(
            f"!{_HAS} || self.workload == '{custom.NAME}'",
            _asks_an_own_service,
            "load.script goes with the workload custom: of a built-in workload each request is "
            "held against what it must have done, which nobody knows of a script's",
            ".load",
        ),
    )
