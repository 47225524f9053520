"""Files to and from a .tar.gz. Pure, and strict: only what `pack` writes is read.

A bundle may come from anybody. Nothing of it is ever written to a disk, so no name in it leads
anywhere; its headers are read one by one and not by tarfile, which also knows links, sparse files
and headers of any length; and what it unpacks to is counted while it is unpacked.
"""

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Protocol

MOST_FILES = 5_000
MOST_BYTES = 128 * 2**20  # of all files, unpacked
_BLOCK = tarfile.BLOCKSIZE
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){1,2}")


class ArchiveError(Exception):
    """What is no bundle, is damaged, or is larger than any bundle. The text says which."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def pack(files: Mapping[str, bytes], *, folder: str, epoch_seconds: int) -> bytes:
    """Return an archive of files in a folder; the same bytes for the same files."""
    packed = io.BytesIO()
    with (
        # Without a name and a time in it, and with one time for all files.
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size, member.mtime, member.mode = len(content), epoch_seconds, 0o644
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def unpack(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Yield name, without the folder, and content of each file.

    Raises:
        ArchiveError: it is no archive as `pack` writes them, or too large.
    """
    try:
        with gzip.GzipFile(fileobj=stream, mode="rb") as unpacked:
            for number, (name, content) in enumerate(_files(_Counted(unpacked)), 1):
                if number > MOST_FILES:
                    raise ArchiveError(f"it holds more than {MOST_FILES:,} files")
                yield name, content
    except (OSError, EOFError, zlib.error, tarfile.HeaderError) as error:
        raise ArchiveError(f"it is no whole .tar.gz ({error})") from error


class _Counted:
    """Reads no more than a bundle may hold."""

    def __init__(self, stream: _Readable) -> None:
        self._stream = stream
        self.left = MOST_BYTES

    def exactly(self, size: int) -> bytes:
        if size > self.left:
            raise ArchiveError(f"it unpacks to more than {MOST_BYTES // 2**20} MiB")
        found = self._stream.read(size)
        if len(found) < size:
            raise ArchiveError("it ends too soon")
        self.left -= size
        return found


def _files(stream: _Counted) -> Iterator[tuple[str, bytes]]:
    while any(block := stream.exactly(_BLOCK)):
        member = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        if member.isdir() and member.size == 0:
            continue  # of one that was packed again
        if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or member.size < 0:
            raise ArchiveError("it holds something else than files")
        if not _NAME.fullmatch(member.name):
            raise ArchiveError("it holds a file whose name no file of a bundle has")
        content = stream.exactly(member.size)
        stream.exactly(-member.size % _BLOCK)
        yield member.name.partition("/")[2], content
