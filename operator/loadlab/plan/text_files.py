"""Texts of variables from ConfigMaps: files of the generator's pod, as one may hold a megabyte.

A variable of the environment holds 128 KiB at most. A kubelet waits 300 ms for volumes, which is
before the start and in no figure.
"""

from loadlab.catalogue.requests import Values
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.variables import Variable
from loadlab.plan.pods import Manifest

FOLDER = "/variables"
FILE = "lines"


def values_of(name: str, given: Variable) -> Values:
    """Return what a variable takes, as the scenario script reads it."""
    if given.values is not None:
        return {"values": list(given.values)}
    if given.config_map_key_ref is not None:
        return {"file": f"{FOLDER}/{name}/{FILE}"}
    return {"min": given.min, "max": given.max}


def build_text_files(spec: LoadExperimentSpec) -> tuple[list[Manifest], list[Manifest]]:
    """Return volumes and mounts of the generator; none where no variable has such texts."""
    refs = {
        name: given.config_map_key_ref
        for name, given in spec.load.request.variables.items()
        if given.config_map_key_ref is not None
    }
    volumes = [
        {
            "name": f"variable-{number}",
            "configMap": {"name": ref.name, "items": [{"key": ref.key, "path": FILE}]},
        }
        for number, ref in enumerate(refs.values())
    ]
    mounts = [
        {"name": f"variable-{number}", "mountPath": f"{FOLDER}/{name}", "readOnly": True}
        for number, name in enumerate(refs)
    ]
    return volumes, mounts
