"""Whose an object is: the controller among its owners decides, by uid."""

from loadlab.kube.api import Manifest
from loadlab.model.resources import Metadata


def is_controlled_by(item: Manifest, uid: str) -> bool:
    """Whether an object's controller has this uid."""
    return controller_of(item).get("uid") == uid


def is_of_a_namesake(item: Manifest, kind: str, metadata: Metadata) -> bool:
    """Whether an object's controller is a former one of this kind and name."""
    controller = controller_of(item)
    same = (controller.get("kind"), controller.get("name")) == (kind, metadata.name)
    return same and controller.get("uid") != metadata.uid


def controller_of(item: Manifest) -> Manifest:
    """Return the owner reference of an object's controller; empty where there is none."""
    owners = item["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), {})
