"""`loadlab init`: a commented experiment to begin with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadlab.cli import files
from loadlab.cli.errors import CliError

if TYPE_CHECKING:
    from loadlab.cli.openapi import Described

_DOCUMENT_MEBIBYTES = 10
_ANSWER_SECONDS = 10
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))
_START_SECONDS, _AGAIN_SECONDS = 15.0, 0.2  # for an app that is started on this machine just now


def init(
    file: Annotated[
        Path | None, typer.Argument(help="File to write, new; absent: standard output.")
    ] = None,
    *,
    name: Annotated[
        str | None,
        typer.Option(help="Name of the experiment; default: my-WORKLOAD, or the first variant's."),
    ] = None,
    workload: Annotated[str, typer.Option(help="Built-in workload.")] = "select",
    variant: Annotated[
        list[str] | None, typer.Option(help="Variant of the workload; give several to compare.")
    ] = None,
    image: Annotated[
        list[str] | None,
        typer.Option(help="Image of your own service, or NAME=IMAGE; give several to compare."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE|ADDRESS",
            help="OpenAPI document of that service: its requests are listed. http(s):// of a "
            "FastAPI app will do.",
        ),
    ] = None,
) -> None:
    """Write a commented experiment to begin with, which `loadlab validate` accepts."""
    from loadlab.cli import starter  # noqa: PLC0415 (half a second)
    from loadlab.cli.preview import preview, read_documents  # noqa: PLC0415 (see above)

    if source and not image:
        raise CliError("--from goes with --image: a built-in workload has its requests", 2)
    if image and variant:
        raise CliError("--variant goes with a workload: name an image by --image NAME=IMAGE", 2)
    described = _described(source) if source else None
    if image:
        variants, images = zip(*map(_named, image, _names(len(image))), strict=True)
        wish = starter.Wish(name or variants[0], starter.CUSTOM, variants, images, described)
    else:
        chosen = tuple(variant or _first_two(workload))
        wish = starter.Wish(name or f"my-{workload}", workload, chosen)
    text = starter.experiment(wish)
    for document in read_documents(text):
        preview(document)
    _write(text, file)


def _first_two(workload: str) -> list[str]:
    from loadlab.catalogue import WORKLOADS  # noqa: PLC0415 (see above)

    if workload not in WORKLOADS:
        raise CliError(f"there is no workload {workload!r}; there are {', '.join(WORKLOADS)}", 2)
    found = list(WORKLOADS[workload].variants)[:2]
    if not found:
        raise CliError(f"{workload} is for images of your own: pass --image", 2)
    return found


def _names(number: int) -> list[str]:
    return ["mine", *(f"mine-{n}" for n in range(2, number + 1))]


def _named(given: str, default: str) -> tuple[str, str]:
    """Split NAME=IMAGE; an image has no equals sign."""
    name, _, image = given.rpartition("=")
    return name or default, image


def _described(source: str) -> "Described":
    from loadlab.cli.openapi import read  # noqa: PLC0415 (see above)

    given = None if "://" in source else files.read(Path(source))
    try:
        return read(_fetched(source) if given is None else given)
    except CliError as error:
        raise CliError(f"{source}: {error}") from error


def _fetched(address: str) -> str:
    """GET a document; of an app's address FastAPI's own path of it."""
    from http.client import HTTPException  # noqa: PLC0415 (only here)
    from urllib.error import HTTPError  # noqa: PLC0415 (only here)
    from urllib.parse import urlsplit  # noqa: PLC0415 (only here)
    from urllib.request import urlopen  # noqa: PLC0415 (only here)

    parts = urlsplit(address)
    if parts.scheme not in _PORTS:
        raise CliError("it is no address of http or https", 2)
    path = parts.path if parts.path.strip("/") else "/openapi.json"
    most = _DOCUMENT_MEBIBYTES * 2**20
    try:
        whole = parts._replace(path=path).geturl()
        if parts.hostname in _LOOPBACK:
            _await_listener(parts.hostname, parts.port or _PORTS[parts.scheme], address)
        with urlopen(whole, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 (http or https)
            found: bytes = answer.read(most + 1)
    except (OSError, ValueError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()  # it holds the connection
        raise CliError(f"it does not answer with a document: {error}") from error
    if len(found) > most:
        raise CliError(f"the document is larger than {_DOCUMENT_MEBIBYTES} MiB")
    return found.decode(errors="replace")


def _await_listener(host: str, port: int, address: str) -> None:
    """Wait until somebody listens; after some time the request itself says that nobody does."""
    import socket  # noqa: PLC0415 (only here)
    import time  # noqa: PLC0415 (only here)

    began, is_said = time.monotonic(), False
    while time.monotonic() - began < _START_SECONDS:
        try:
            socket.create_connection((host, port), _ANSWER_SECONDS).close()
        except ConnectionRefusedError:
            if not is_said:
                typer.echo(f"{address}: nobody listens there yet: waits for it", err=True)
                is_said = True
            time.sleep(_AGAIN_SECONDS)
        else:
            return


def _write(text: str, file: Path | None) -> None:
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except OSError as error:
        raise CliError(f"cannot write {file}: {error.strerror}; it must be a new file") from error
    typer.echo(f"{file}: written; next: loadlab plan {file}")
