"""Whose an object is: the controller among its owners decides, by uid."""

from collections.abc import Iterable

from loadlab.kube.api import Kind, Manifest
from loadlab.model.resources import AnyExperiment


def is_controlled_by(item: Manifest, uid: str) -> bool:
    """Whether an object's controller has this uid."""
    return controller_of(item).get("uid") == uid


def first_former(kind: Kind, items: Iterable[Manifest], experiment: AnyExperiment) -> str:
    """Name the first object of an experiment of this name that is gone; it will be collected."""
    former = (item for item in items if _is_of_a_namesake(item, experiment))
    return next((f"{kind.value.word} {item['metadata']['name']}" for item in former), "")


def _is_of_a_namesake(item: Manifest, experiment: AnyExperiment) -> bool:
    controller, name = controller_of(item), experiment.metadata.name
    same = (controller.get("kind"), controller.get("name")) == (Kind.EXPERIMENT.value.word, name)
    return same and controller.get("uid") != experiment.metadata.uid


def controller_of(item: Manifest) -> Manifest:
    """Return the owner reference of an object's controller; empty where there is none."""
    owners = item["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), {})
