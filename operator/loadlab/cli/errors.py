"""Errors that a person at a terminal can act on."""


class CliError(Exception):
    """The command cannot go on; the text names the object and the remedy."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
