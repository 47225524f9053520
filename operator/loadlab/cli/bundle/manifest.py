"""What a bundle says of itself. Pure.

Its checksums tell of damage and not of forgery: whoever changes a file can change them too.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError

from loadlab.base.models import ObservedModel, first_fault
from loadlab.base.text import plain
from loadlab.cli.bundle.archive import MOST_FILES, ArchiveError

FILE = "manifest.json"
FORMAT = 1
Text = Annotated[str, Field(max_length=300)]


class Packed(ObservedModel):
    """One file of a bundle."""

    size: int = Field(ge=0)  # bytes
    sha256: str = Field(pattern="^[0-9a-f]{64}$")

    @classmethod
    def of(cls, content: bytes) -> Self:
        return cls(size=len(content), sha256=hashlib.sha256(content).hexdigest())


class Manifest(ObservedModel):
    """The first file of a bundle."""

    format: int
    loadlab: Text = ""  # the command that wrote it
    operator: Text = ""  # the operator that measured
    experiment: dict[str, str] = Field(default={}, max_length=20)  # name, namespace, uid, workload
    needs: tuple[Text, ...] = Field(default=(), max_length=1_000)  # what a run of it names besides
    left_out: tuple[Text, ...] = Field(default=(), max_length=1_000)  # credentials, by their place
    notes: tuple[Text, ...] = Field(default=(), max_length=MOST_FILES)
    files: dict[str, Packed] = Field(max_length=MOST_FILES)

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Read a manifest.

        Raises:
            ArchiveError: it is none, or of a format that this command does not know.
        """
        found = read_json(FILE, text)
        said = found.get("format")
        if said != FORMAT or isinstance(said, bool):
            by = plain(str(found.get("loadlab", "")))[:40] or "unknown"
            raise ArchiveError(
                f"it is of format {plain(str(said))[:40]}, written by loadlab {by}, and this "
                f"command reads format {FORMAT}: use that release of it, or a later one"
            )
        try:
            return cls.model_validate(found)
        except ValidationError as error:
            raise ArchiveError(f"its {FILE} cannot be read: {first_fault(error)}") from error

    def check(self, found: Mapping[str, Packed]) -> None:
        """Compare what is there with what should be.

        Raises:
            ArchiveError: a file is missing, too many, or another one.
        """
        others = found.keys() - {FILE}
        for why, names in (
            ("is missing", self.files.keys() - others),
            ("is not in its manifest", others - self.files.keys()),
            ("is not as it was written", _changed(self.files, found)),
        ):
            for name in sorted(names):
                raise ArchiveError(f"it is damaged: {plain(name)} {why}")


def read_json(name: str, text: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ArchiveError: it is none.
    """
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ArchiveError(f"its {name} is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise ArchiveError(f"its {name} is no JSON object")
    return found


def write_json(value: object, *, indent: int | None = 1) -> bytes:
    """Write JSON, the same bytes for the same value; without an indent as short as it can be."""
    separators = None if indent else (",", ":")
    text = json.dumps(value, indent=indent, separators=separators)
    return text.encode() + b"\n"


def _changed(wanted: Mapping[str, Packed], found: Mapping[str, Packed]) -> Iterable[str]:
    return {name for name, packed in wanted.items() if name in found and found[name] != packed}


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is no number")
