"""What `make demo` says one may do next: each command names something that is there."""

import re
import shlex
from pathlib import Path
from typing import cast

import pytest

from loadlab_cluster.clusters import Cluster
from loadlab_cluster.demo import NEXT, bring_up, next_commands
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.settings import REPOSITORY, Settings

MAKEFILE = (REPOSITORY / "Makefile").read_text()
MADE_BY_UP = ".state/activate"
YOURS = "DIR="


@pytest.mark.parametrize("command", NEXT)
def test_a_next_command_names_what_is_there(command: str):
    program, *words = shlex.split(command)

    if program == "make":
        assert re.search(rf"^{words[0]}:", MAKEFILE, re.MULTILINE)
    files = [word for word in words if "/" in word and not word.startswith(YOURS)]
    assert all(Path(file).suffix == ".yaml" or file == MADE_BY_UP for file in files)
    assert all((REPOSITORY / file).exists() for file in files if file != MADE_BY_UP)


class NoCluster:
    """One that must not be touched."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was asked of it")


def test_what_needs_go_says_so_before_the_minutes_that_do_without(
    machine, settings: Settings
) -> None:
    """Of kind nothing is compiled, but Helm is, and it comes last."""
    with pytest.raises(ClusterError, match="the go command is missing: install Go"):
        bring_up(settings, cast("Cluster", NoCluster()))


def test_the_next_commands_stand_below_each_other():
    lines = list(next_commands())

    assert len({line.index("#") for line in lines[1:]}) == 1
    assert max(map(len, lines)) <= 110
