"""Whose an object is: the controller among its owners decides, by uid."""

from loadlab.kube.api import Manifest
from loadlab.model.resources import Metadata


def has_controller(item: Manifest) -> bool:
    """Whether an object has a controller, whosever."""
    return bool(_controller(item))


def is_controlled_by(item: Manifest, uid: str) -> bool:
    """Whether an object's controller has this uid."""
    return _controller(item).get("uid") == uid


def is_of_a_namesake(item: Manifest, kind: str, metadata: Metadata) -> bool:
    """Whether an object's controller is a former one of this kind and name."""
    controller = _controller(item)
    same = (controller.get("kind"), controller.get("name")) == (kind, metadata.name)
    return same and controller.get("uid") != metadata.uid


def _controller(item: Manifest) -> Manifest:
    owners = item["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), {})
