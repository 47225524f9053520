"""Reads what a command is given, and writes what it makes; what goes wrong is one line."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode

_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))


def read(file: Path) -> str:
    """Read a text in UTF-8; of `-` standard input.

    Raises:
        CliError: it cannot be read.
    """
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise CliError(f"cannot read {file}: {error.strerror}", ExitCode.NOT_FINISHED) from error
    except UnicodeDecodeError as error:
        why = f"it is no UTF-8 (byte {error.start + 1}): save it as UTF-8"
        raise CliError(f"cannot read {file}: {why}", ExitCode.NOT_FINISHED) from error


def write(file: Path, content: str | bytes) -> None:
    """Write a file; a text in UTF-8.

    Raises:
        CliError: it cannot be written.
    """
    try:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise CliError(f"cannot write {file}: {error.strerror}") from error


@contextmanager
def standard_output() -> Iterator[None]:
    """Print within this block.

    Raises:
        CliError: where standard output leads there is no room.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        # Python writes once more what is left as it ends, and would complain of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise CliError(f"cannot write standard output: {error.strerror}") from error
