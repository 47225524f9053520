"""The steward knows every run that the operator may plan by its name, and no other."""

import pytest

from loadlab.base.names import children_name, preliminary_name, run_name, traced_name, trial_name
from loadlab_services.steward.app import RUN_SUFFIX

CHILDREN = children_name("shop", "uid")


def suffix(run: str) -> str:
    return run.removeprefix(CHILDREN)


@pytest.mark.parametrize("name_of", [trial_name, preliminary_name, traced_name])
@pytest.mark.parametrize("position", [1, 999, 1000])
@pytest.mark.parametrize("attempt", [1, 6])
def test_a_planned_run_is_known(name_of, position, attempt):
    assert RUN_SUFFIX.fullmatch(suffix(run_name(name_of(CHILDREN, position), attempt)))


@pytest.mark.parametrize(
    "other", ["-001", "-q001-a1", "-pt001-a1", "-pp001-a1", "-001-a12", "x-001-a1"]
)
def test_another_name_is_not(other):
    assert not RUN_SUFFIX.fullmatch(other)
