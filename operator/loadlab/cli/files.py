"""Writes what a command makes; what goes wrong is one line."""

from pathlib import Path

from loadlab.cli.errors import CliError


def write(file: Path, content: str | bytes) -> None:
    """Write a file; a text in UTF-8.

    Raises:
        CliError: it cannot be written.
    """
    try:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise CliError(f"cannot write {file}: {error.strerror}") from error
