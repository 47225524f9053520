"""Files of a team's own image: volumes of one key each, mounted at its path and nowhere else.

The mount is of one file in the volume, so that the folder keeps what the image has in it, and the
file what it held when the pod began.
"""

from collections.abc import Iterable
from itertools import combinations

from loadlab.model.spec.files import MountedFile
from loadlab.model.status.conditions import Reason
from loadlab.plan.context import Context, Manifest
from loadlab.plan.errors import PlanError

FILE = "file"  # in its volume


def build_files(given: Iterable[MountedFile]) -> tuple[list[Manifest], list[Manifest]]:
    """Return volumes and mounts of an image's container; none where no file is given."""
    files = list(enumerate(given))
    volumes = [{"name": _volume(number), **_source(file)} for number, file in files]
    mounts = [
        {"name": _volume(number), "mountPath": file.path, "subPath": FILE, "readOnly": True}
        for number, file in files
    ]
    return volumes, mounts


def check_files(context: Context) -> None:
    """Refuse files of which one could not be put beside another: no container would start.

    Raises:
        PlanError: names the paths and the remedy.
    """
    preparation = context.spec.preparation
    given = {f"variants {name}": variant.files for name, variant in context.variants.items()}
    given["preparation"] = (preparation and preparation.files) or ()
    for where, files in given.items():
        for one, other in combinations(sorted(file.path for file in files), 2):
            if one == other or other.startswith(f"{one}/"):
                what = "twice" if one == other else f"and as a folder, in {other}"
                message = f"{where}: files has {one} {what}; give it another path"
                raise PlanError(Reason.INVALID_SPEC, message)


def _volume(number: int) -> str:
    return f"file-{number}"


def _source(file: MountedFile) -> Manifest:
    told: Manifest = file.dump()
    if ref := told.get("secretKeyRef"):
        return {"secret": {"secretName": ref["name"], "items": _item(ref["key"])}}
    ref = told["configMapKeyRef"]
    return {"configMap": {"name": ref["name"], "items": _item(ref["key"])}}


def _item(key: str) -> list[Manifest]:
    return [{"key": key, "path": FILE}]
