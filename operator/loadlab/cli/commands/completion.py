"""`loadlab completion`: the script that completes this command in a shell."""

import os
from enum import StrEnum
from typing import Annotated

import typer

_VARIABLE = "_LOADLAB_COMPLETE"  # as typer derives it from the command's name


class Shell(StrEnum):
    """Shells that can complete it."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Your shell.")]) -> None:
    """Print the script that completes this command.

    bash and zsh: source <(loadlab completion zsh); fish: loadlab completion fish | source
    """
    from typer import completion as scripts  # noqa: PLC0415 (only here)

    found: str = scripts.get_completion_script(  # type: ignore[attr-defined] # imported there
        prog_name="loadlab", complete_var=_VARIABLE, shell=shell
    )
    typer.echo(found)


def enable() -> None:
    """Make the command answer the script, where it asks."""
    if _VARIABLE in os.environ:
        from typer import completion as scripts  # noqa: PLC0415 (only here)

        scripts.completion_init()  # type: ignore[attr-defined] # imported there
