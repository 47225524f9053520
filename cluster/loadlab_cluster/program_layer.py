"""Exchanges the last layer of an image that is on the node: the program's.

A change of the program alone then costs a second, where buildah needs ten to find that nothing else
changed. The layer holds what the Dockerfile's last COPY puts there: the files, and their bytecode.
"""

import io
import py_compile
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from loadlab_cluster.oci import LAYER_TYPE, descriptor, digest_of, json_bytes, write_archive

IMAGE_PYTHON = (3, 11)  # whose bytecode the images read
Manifest = dict[str, Any]


def can_write_layer(program: Path) -> bool:
    """Whether this Python writes the bytecode that the image's Python reads."""
    return program.is_file() or sys.version_info[:2] == IMAGE_PYTHON


def build_program_layer(program: Path, place: str) -> bytes:
    """The layer as a tar: the same files give the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in sorted(_program_files(program, place).items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def exchange_last_layer(manifest: Manifest, config: Manifest, layer: bytes) -> tuple[bytes, bytes]:
    """The manifest and the configuration of the same image with another last layer."""
    digests = [*config["rootfs"]["diff_ids"][:-1], f"sha256:{digest_of(layer)}"]
    new_config = json_bytes({**config, "rootfs": {**config["rootfs"], "diff_ids": digests}})
    described = descriptor(manifest["config"]["mediaType"], new_config)
    layers = [*manifest["layers"][:-1], descriptor(LAYER_TYPE, layer)]
    return json_bytes({**manifest, "config": described, "layers": layers}), new_config


def write_exchanged_image(
    manifest: Manifest, config: Manifest, *, layer: bytes, name: str, target: Path
) -> None:
    """Archive of only what is new: manifest, configuration and the layer."""
    new_manifest, new_config = exchange_last_layer(manifest, config, layer)
    blobs = {digest_of(blob): blob for blob in (new_config, layer)}
    write_archive(target, manifest=new_manifest, name=name, blobs=blobs)


def _program_files(program: Path, place: str) -> dict[str, bytes]:
    if program.is_file():
        return {place: program.read_bytes()}
    found: dict[str, bytes] = {}
    for path in sorted(program.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            inner = f"{place}/{path.relative_to(program)}"
            found[inner] = path.read_bytes()
            if path.suffix == ".py":
                cached = Path(inner).parent / "__pycache__" / f"{path.stem}.cpython-311.pyc"
                found[str(cached)] = _bytecode(path, f"/{inner}")
    return found


def _bytecode(source: Path, shown_as: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "module.pyc"
        py_compile.compile(
            str(source),
            cfile=str(target),
            dfile=shown_as,
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        return target.read_bytes()
