"""Writes OCI image archives, so that nothing travels which containerd already holds."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

NAME_ANNOTATION = "io.containerd.image.name"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


def write_delta_archive(source: Path, name: str, known: Set[str], target: Path) -> None:
    """Archive an image that buildah pushed to `dir:source`, without the blobs in `known`."""
    manifest = (source / "manifest.json").read_bytes()
    parsed: dict[str, Any] = json.loads(manifest)
    missing = [
        blob["digest"].removeprefix("sha256:")
        for blob in [parsed["config"], *parsed["layers"]]
        if blob["digest"] not in known
    ]
    blobs = {digest: (source / digest).read_bytes() for digest in missing}
    write_archive(target, manifest=manifest, name=name, blobs=blobs)


def write_single_file_image(program: Path, name: str, target: Path) -> None:
    """An image of one static program, its entry point: no build tool is needed for that."""
    path = f"/{program.name.split('-')[0]}"
    layer = _tar({path.lstrip("/"): program.read_bytes()}, mode=0o755)
    config = json_bytes(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": [path], "User": "65535:65535"},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest_of(layer)}"]},
        }
    )
    manifest = json_bytes(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": descriptor(CONFIG_TYPE, config),
            "layers": [descriptor(LAYER_TYPE, layer)],
        }
    )
    blobs = {digest_of(config): config, digest_of(layer): layer}
    write_archive(target, manifest=manifest, name=name, blobs=blobs)


def write_archive(target: Path, *, manifest: bytes, name: str, blobs: Mapping[str, bytes]) -> None:
    """An OCI archive of one image and the blobs that are given; containerd has the others."""
    described = descriptor(MANIFEST_TYPE, manifest) | {"annotations": {NAME_ANNOTATION: name}}
    files = {
        "oci-layout": json_bytes({"imageLayoutVersion": "1.0.0"}),
        "index.json": json_bytes({"schemaVersion": 2, "manifests": [described]}),
        f"blobs/sha256/{digest_of(manifest)}": manifest,
        **{f"blobs/sha256/{digest}": blob for digest, blob in blobs.items()},
    }
    target.write_bytes(_tar(files, mode=0o644))


def _tar(files: Mapping[str, bytes], *, mode: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), mode
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def descriptor(media_type: str, blob: bytes) -> dict[str, Any]:
    """How a manifest refers to a blob."""
    return {"mediaType": media_type, "digest": f"sha256:{digest_of(blob)}", "size": len(blob)}


def digest_of(blob: bytes) -> str:
    """The hexadecimal part of a blob's digest."""
    return hashlib.sha256(blob).hexdigest()


def json_bytes(value: object) -> bytes:
    """A value as the bytes of a blob."""
    return json.dumps(value).encode()
