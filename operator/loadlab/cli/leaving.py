"""Ctrl-C while an experiment is followed: it goes on, and the last line says how to come back."""

from collections.abc import Iterator
from contextlib import contextmanager

from loadlab.cli.errors import CliError

INTERRUPTED = 130  # as shells have it: 128 and the number of the signal


@contextmanager
def goes_on(name: str, namespace: str) -> Iterator[None]:
    """Follow within this block.

    Raises:
        CliError: it was interrupted.
    """
    try:
        yield
    except KeyboardInterrupt:
        again = f"loadlab status {name} -n {namespace} --watch"
        raise CliError(f"{name} goes on without you; come back: {again}", INTERRUPTED) from None
