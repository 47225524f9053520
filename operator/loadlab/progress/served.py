"""What runs behind a Service that is asked: is it still what it was, container by container?

A Deployment names an image by a tag, which may be moved, and an autoscaler or a person changes the
number of pods or their limits while nobody measures. What ran is told by the pods' own statuses.
"""

from collections.abc import Iterable

from loadlab.model.status.served import Served, ServedContainer

AUTOSCALER = "a rolling update, or an autoscaler"


def put_together(containers: Iterable[ServedContainer]) -> tuple[ServedContainer, ...]:
    """Return those that differ, each with the number of pods that have one like it.

    Two nodes may know one image by the names of two registries: its digest says which it is.
    """
    found: dict[ServedContainer, list[ServedContainer]] = {}
    for each in containers:
        alike = each.model_copy(update={"image_id": each.digest})
        found.setdefault(alike, []).append(each)
    told = [
        min(those, key=lambda it: it.image_id).model_copy(update={"pods": len(those)})
        for those in found.values()
    ]
    return tuple(sorted(told, key=lambda it: (it.name, it.image, it.image_id, -it.pods)))


def why_another(before: Served, now: Served, when: str) -> str:
    """Return in what a Service's pods differ from those of an earlier moment; empty for nothing.

    `when` names that moment. What an earlier release did not note down is not compared.
    """
    if before.pods != now.pods:
        return f"had {before.pods} pods {when} and {now.pods} later: {AUTOSCALER}"
    if not (before.containers and now.containers):
        return ""
    gone, came = _without_same(before.containers, now.containers)
    if not (gone or came):
        return ""
    name = min(each.name for each in (*gone, *came))
    was = next((each for each in gone if each.name == name), None)
    runs = next((each for each in came if each.name == name), None)
    if runs is None or was is None:
        return f"has {'a' if runs else 'no'} container {name} now, other than {when}"
    return f"has another {_difference(was, runs)} in its container {name} than {when}"


def _without_same(
    before: Iterable[ServedContainer], now: Iterable[ServedContainer]
) -> tuple[list[ServedContainer], list[ServedContainer]]:
    """Return what is left on both sides where each container is taken away with one like it."""
    gone: list[ServedContainer] = []
    came = list(now)
    for each in before:
        same = next((other for other in came if _difference(each, other) == ""), None)
        if same is None:
            gone.append(each)
        else:
            came.remove(same)
    return gone, came


def _difference(was: ServedContainer, runs: ServedContainer) -> str:
    """Return in what two containers differ; empty where they are alike."""
    if was.name != runs.name:
        return "name"
    if is_another_image(was, runs):
        return f"image ({runs.image_in_words}, and had {was.image_in_words})"
    if (amounts := was.amounts_in_words) != runs.amounts_in_words:
        return f"amount of CPU or memory ({runs.amounts_in_words}, and had {amounts})"
    if was.pods != runs.pods:
        return f"number of pods with this image ({runs.pods}, and had {was.pods})"
    return ""


def is_another_image(was: ServedContainer, runs: ServedContainer) -> bool:
    """Whether two containers surely run two images.

    A node that was handed an image tells its own digest, which is compared with no registry's: then
    the name alone says it.
    """
    if was.digest and runs.digest and ("@" in was.image_id) == ("@" in runs.image_id):
        return was.digest != runs.digest
    return was.image != runs.image
