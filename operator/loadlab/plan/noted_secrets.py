"""What is in a user's Secrets as a pod begins: a container of ours leaves a digest of each.

The operator may read no Secret. So the pod itself tells whether two trials were given the same:
before its other containers begin, one mounts the Secrets that they are given and is gone. Of one
that the spec gives by its keys those alone, in every pod the same ones: others in it may be
somebody else's, which a vault renews every hour. The digests are keyed by what only the
experiment's own Secret holds, and each is of its Secret's name as well: else two that are equal
would be seen to be.
"""

from collections.abc import Iterator, Mapping

from loadlab.base.names import DIGESTS, INPUTS
from loadlab.model.spec.given import secret_keys
from loadlab.plan.context import Context, Manifest
from loadlab.plan.pods import CONTAINER_SECURITY, env

MODULE = "loadlab_services.programs.note_secrets"
VOLUME = "noted"  # and a number, in the order of the digests
FOLDER = "/secrets"
# Where a pod's spec names a Secret that a container is given, and in which field.
_NAMED_IN = {"secretKeyRef": "name", "secretRef": "name", "secret": "secretName"}


def with_noted_secrets(context: Context, pod: Manifest) -> Manifest:
    """Return a pod's spec with the container that notes its Secrets; as it is where it has none.

    A Secret that is not there keeps nobody here: the pod waits for it as it would without.
    """
    names = sorted(set(_named(pod)) - {context.experiment.credentials_secret})
    if not names:
        return pod
    keys = secret_keys(context.spec)
    noted = {f"{VOLUME}-{number}": name for number, name in enumerate(names)}
    volumes = [
        {"name": volume, "secret": _secret(name, keys.get(name))} for volume, name in noted.items()
    ]
    own = pod["containers"][0]
    return {
        **pod,
        "initContainers": [_container(context, noted, own)],
        "volumes": [*pod.get("volumes", ()), *volumes],
    }


def _container(context: Context, noted: Mapping[str, str], own: Manifest) -> Manifest:
    # An experiment that an earlier release began has no such key, and its Secret is not written
    # again: its pods begin as before, and leave no digests.
    key = {"name": context.experiment.credentials_secret, "key": DIGESTS, "optional": True}
    return {
        "name": INPUTS,
        **context.pulled(context.images.services),
        "command": ["python", "-m", MODULE],
        "securityContext": CONTAINER_SECURITY,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "env": [
            *env(SECRETS_FOLDER=FOLDER),
            {"name": "DIGEST_KEY", "valueFrom": {"secretKeyRef": key}},
        ],
        # It ends before the pod's own begins: so the pod asks for no more, is of the same class,
        # and fits whatever limits a namespace sets to a container.
        "resources": own["resources"],
        "volumeMounts": [
            {"name": volume, "mountPath": f"{FOLDER}/{name}", "readOnly": True}
            for volume, name in noted.items()
        ],
    }


def _secret(name: str, keys: frozenset[str] | None) -> Manifest:
    """Return what a volume has in it: these keys of a Secret, or all of them."""
    source: Manifest = {"secretName": name, "optional": True}
    if keys is None:
        return source
    return source | {"items": [{"key": key, "path": key} for key in sorted(keys)]}


def _named(piece: object) -> Iterator[str]:
    """Yield the Secrets that a piece of a pod's spec names, wherever it does."""
    if isinstance(piece, list):
        for one in piece:
            yield from _named(one)
    elif isinstance(piece, dict):
        for field, name in _NAMED_IN.items():
            if isinstance(named := piece.get(field), dict):
                yield named[name]
        yield from _named(list(piece.values()))
