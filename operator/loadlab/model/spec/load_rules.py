"""What a load profile asks of the rest of the spec."""

from typing import TYPE_CHECKING

from loadlab.base.rules import Rule
from loadlab.catalogue import Factor
from loadlab.model.spec.load import Executor, Purpose

if TYPE_CHECKING:
    from loadlab.model.spec.experiment import LoadExperimentSpec

_COMPARES = "has(self.load.purpose) && self.load.purpose == 'Compare'"


def _has_users_for_every_pod(spec: "LoadExperimentSpec") -> bool:
    users = spec.factors.levels(Factor.VIRTUAL_USERS) or ()
    is_open = spec.load.executor.is_open and not _compares(spec)
    return is_open or all(int(number) >= spec.load.parallelism for number in users)


def _says_the_pods_once(spec: "LoadExperimentSpec") -> bool:
    return spec.factors.levels(Factor.PARALLELISM) is None or spec.load.parallelism == 1


def _has_a_load_to_split(spec: "LoadExperimentSpec") -> bool:
    is_swept = spec.factors.levels(Factor.PARALLELISM) is not None
    return not is_swept or spec.load.executor is not Executor.SCRIPT


def _has_no_iterations_to_split(spec: "LoadExperimentSpec") -> bool:
    return spec.factors.levels(Factor.PARALLELISM) is None or spec.load.iterations is None


def _has_iterations_for_every_user(spec: "LoadExperimentSpec") -> bool:
    users, iterations = spec.factors.levels(Factor.VIRTUAL_USERS) or (), spec.load.iterations
    return iterations is None or all(int(number) <= iterations for number in users)


def _compares(spec: "LoadExperimentSpec") -> bool:
    return spec.load.purpose is Purpose.COMPARE


def _has_a_rate_where_open(spec: "LoadExperimentSpec") -> bool:
    has_rate = spec.factors.levels(Factor.RATE) is not None
    return _compares(spec) or has_rate == spec.load.executor.is_open


def _executor_fits_the_purpose(spec: "LoadExperimentSpec") -> bool:
    if _compares(spec):
        return not spec.load.executor.ramps
    return spec.load.purpose is None or not spec.load.executor.is_open


def _pilots_under_one_load(spec: "LoadExperimentSpec") -> bool:
    users = spec.factors.levels(Factor.VIRTUAL_USERS) or ()
    return not spec.load.has_pilots or len(users) == 1


def load_rules() -> tuple[Rule["LoadExperimentSpec"], ...]:
    """Return the rules of a spec about its load."""
    return (
        Rule(
            f"{_COMPARES} || has(self.factors.rate) == self.load.executor.endsWith('arrival-rate')",
            _has_a_rate_where_open,
            "factors.rate goes with load.purpose Compare or the arrival-rate executors, and only "
            "with them",
            ".factors",
        ),
        Rule(
            f"{_COMPARES} ? !self.load.executor.startsWith('ramping') : "
            "!has(self.load.purpose) || !self.load.executor.endsWith('arrival-rate')",
            _executor_fits_the_purpose,
            "load.purpose Compare offers a constant rate, and Capacity needs a closed loop: leave "
            "load.executor out",
            ".load",
        ),
        Rule(
            f"!({_COMPARES} || has(self.load.search)) || size(self.factors.virtualUsers) == 1",
            _pilots_under_one_load,
            "factors.virtualUsers is the load of the pilot trials with load.purpose Compare or "
            "load.search: give one number",
            ".factors",
        ),
        Rule(
            f"self.load.parallelism == 1 || (has(self.factors.rate) && !({_COMPARES})) || "
            "self.factors.virtualUsers.all(n, n >= self.load.parallelism)",
            _has_users_for_every_pod,
            "factors.virtualUsers must be at least load.parallelism",
            ".factors",
        ),
        *_split_rules(),
    )


def _split_rules() -> tuple[Rule["LoadExperimentSpec"], ...]:
    """Return what goes with a load that is split over several numbers of pods."""
    return (
        Rule(
            "!has(self.factors.parallelism) || self.load.parallelism == 1",
            _says_the_pods_once,
            "factors.parallelism sweeps what load.parallelism fixes: leave load.parallelism out",
            ".factors",
        ),
        Rule(
            "!has(self.factors.parallelism) || self.load.executor != 'Script'",
            _has_a_load_to_split,
            "factors.parallelism splits a number of users or a rate, and executor Script has "
            "scenarios of its own, some of which k6 does not split: leave one of both out",
            ".factors",
        ),
        Rule(
            "!has(self.factors.parallelism) || !has(self.load.iterations)",
            _has_no_iterations_to_split,
            "factors.parallelism splits a number of users or a rate, and load.iterations are those "
            "of one pod: leave one of both out",
            ".factors",
        ),
        Rule(
            "!has(self.load.iterations) || "
            "self.factors.virtualUsers.all(n, n <= self.load.iterations)",
            _has_iterations_for_every_user,
            "load.iterations must be at least factors.virtualUsers: each user makes one",
            ".factors",
        ),
    )
