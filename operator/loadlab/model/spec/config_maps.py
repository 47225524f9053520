"""The ConfigMaps that a spec, or a piece of one, names."""

from pydantic import BaseModel

from loadlab.model.spec.given import config_map_keys


def config_maps_of(*pieces: BaseModel | None) -> tuple[str, ...]:
    """Return the names of all ConfigMaps that pieces of a spec name, sorted."""
    return tuple(sorted(config_map_keys(*pieces)))
