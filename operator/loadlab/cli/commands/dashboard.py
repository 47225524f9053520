"""`loadlab dashboard`: experiments as pages on this machine, while they run and after."""

import os
import sys
import tempfile
import webbrowser
from contextlib import ExitStack
from html import escape
from pathlib import Path
from typing import Annotated

import typer

from loadlab.base.text import plain
from loadlab.cli.errors import CliError
from loadlab.cli.options import Context, Kubeconfig, Namespace, connect

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def dashboard(
    *,
    namespace: Namespace = None,
    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="Show those of all namespaces.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 for any that is free.")
    ] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Show experiments in a browser: the queue, curves while one runs, reports, two side by side.

    Serves on 127.0.0.1 alone, with your kubeconfig, and only reads. The address holds a token:
    whoever knows it, on this machine, sees what you may see. Ends with Ctrl-C.
    """
    try:
        import asyncio  # noqa: PLC0415 (with all below: two seconds)

        from loadlab.cli.dashboard.serving import Wanted, serve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise CliError(
            f"the dashboard needs {error.name}: pip install 'loadlab[dashboard]'"
        ) from error
    # It reads the kubeconfig's namespace and complains of one that is not usable.
    here = connect(kubeconfig, context, namespace).namespace
    wanted = Wanted(kubeconfig, context, None if all_namespaces else here, port)
    with ExitStack() as kept:

        def listening(address: str) -> None:
            typer.echo(f"{address}  (Ctrl-C ends it)")
            if not no_open and _has_screen():
                _open(address, kept)

        asyncio.run(serve(wanted, listening, lambda line: typer.echo(plain(line))))
    typer.echo("ended")


def _has_screen() -> bool:
    """Whether a browser would open in a window: one within the terminal would take it over."""
    return sys.stdout.isatty() and (
        sys.platform in {"darwin", "win32"} or any(map(os.environ.get, _DISPLAYS))
    )


def _open(address: str, kept: ExitStack) -> None:
    """Open a browser by a file that only we can read: a command line anybody can, token and all."""
    folder = kept.enter_context(tempfile.TemporaryDirectory(prefix="loadlab-"))
    file = Path(folder) / "dashboard.html"
    file.write_text(
        f'<!doctype html><meta charset="utf-8"><title>loadlab dashboard</title>'
        f'<meta http-equiv="refresh" content="0; url={escape(address)}">',
        encoding="utf-8",
    )
    webbrowser.open(file.as_uri())
