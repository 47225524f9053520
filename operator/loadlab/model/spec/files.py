"""Files of a team's own image: keys of Secrets and ConfigMaps, each at a path in its container."""

import re
from typing import Annotated, Any, ClassVar

from pydantic import Field

from loadlab.base.rules import Rule
from loadlab.model.spec.secrets import ValueSource

MOST_FILES = 20
# Of no folder `.` or `..`, and nothing that a kubelet or a shell reads as more than a path.
_PART = "/[.]?[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*"
FILE_PATH = rf"^({_PART})+$"
# What is the kernel's, the container runtime's, or mounted there already.
_TAKEN = (
    "^/(proc|sys|dev|tmp|tls|etc/hosts|etc/hostname|etc/resolv[.]conf|"
    "(var/)?run/secrets/kubernetes[.]io)(/|$)"
)


class MountedFile(ValueSource):
    """A file of an image's container: one key of a Secret or of a ConfigMap."""

    RULES: ClassVar[tuple[Rule[Any], ...]] = (
        *ValueSource.RULES,
        Rule(
            f"!self.path.matches('{_TAKEN}')",
            lambda it: re.search(_TAKEN, it.path) is None,
            "no file may be put in /proc, /sys, /dev, /tmp or /tls, or where Kubernetes puts its "
            "own; name another path",
            ".path",
        ),
    )

    path: Annotated[str, Field(pattern=FILE_PATH, max_length=300)] = Field(
        description=(
            "Where the image finds it, such as /etc/shop/settings.toml: absolute, without .. and "
            "of plain letters, digits and ._@+-."
        )
    )


# A list of them: no two are put in one place.
BY_PATH: dict[str, Any] = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["path"],
}
