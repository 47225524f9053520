"""`make image`: what a folder of the user's own must hold, and what its image may stand on.

On a machine without a registry the official images have stand-ins; the recipe is the same on kind.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loadlab_cluster.errors import ClusterError
from loadlab_cluster.images import BASE, PYTHON

RECIPES = ("Dockerfile", "Containerfile")
NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9._-]*)?")
STAND_INS = {
    **{f"python:3.11{suite}": PYTHON for suite in ("", "-slim", "-bookworm", "-slim-bookworm")},
    **{f"debian:{suite}": BASE for suite in ("12", "12-slim", "bookworm", "bookworm-slim")},
    **{name: name for name in (PYTHON, BASE, "scratch")},
}
USAGE = """\
make image DIR=FOLDER NAME=IMAGE
  builds a folder of yours that holds a Dockerfile (or Containerfile) and loads it into the cluster
    make image DIR=../shop NAME=shop        gives localhost/shop:dev
    make image DIR=../shop NAME=shop:v2     gives localhost/shop:v2
  an experiment measures it with `workload: custom` and `variants: [{name: shop, image: …}]`;
  manifests/samples/own-service.yaml and its folder are a whole example"""
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)")
FROM = re.compile(r"(?i)^(\s*FROM\s+(?:--\S+\s+)*)(\S+)(?:\s+AS\s+(\S+))?\s*$")
COPY_FROM = re.compile(r"(?i)^(\s*(?:COPY|ADD)\s.*?--from=)(\S+)")
DEFAULT = re.compile(r"(?i)^\s*ARG\s+(\w+)=[\"']?([^\"'\s]*)")


@dataclass(frozen=True)
class OwnImage:
    """A folder of the user's, its recipe, and the name by which experiments call the image."""

    folder: Path
    recipe: Path
    name: str

    @property
    def reference(self) -> str:
        return f"localhost/{self.name}"

    @property
    def log_name(self) -> str:
        return self.name.replace(":", "-")

    def use(self) -> str:
        """What the user does next."""
        return f"✓ {self.reference} is on the node: name it as a variant's `image`"


def read_own_image(words: Sequence[str]) -> OwnImage:
    """The image that `FOLDER NAME` asks for; raise with what is wrong and how it is used."""
    if len(words) != 2 or not all(words):
        raise ClusterError(f"a folder and a name are needed\n{USAGE}")
    folder, name = Path(words[0]).expanduser().absolute(), words[1].removeprefix("localhost/")
    if not NAME.fullmatch(name):
        raise ClusterError(
            f"NAME={words[1]} is no name for an image: small letters, digits, single - . _ "
            "between them, and a tag after a colon if you like, such as shop or shop:v2"
        )
    recipe = next((folder / each for each in RECIPES if (folder / each).is_file()), None)
    if recipe is None:
        raise ClusterError(f"{folder} holds no {' and no '.join(RECIPES)}\n{USAGE}")
    return OwnImage(folder, recipe, name if ":" in name else f"{name}:dev")


def with_stand_ins(recipe: str, *, where: str) -> str:
    """The recipe with the images that this machine has; raise for one that has no stand-in."""
    stages, defaults = set[str](), dict[str, str]()
    lines = [_rewrite(line, stages, defaults, where) for line in recipe.splitlines()]
    return "\n".join(lines) + "\n"


def _rewrite(line: str, stages: set[str], defaults: dict[str, str], where: str) -> str:
    """One line with its stand-in; notes the stages and the defaults that later lines name."""
    if (given := DEFAULT.match(line)) and not stages:
        defaults[given[1]] = given[2]
    found = FROM.match(line) or COPY_FROM.match(line)
    if not found:
        return line
    base = _resolve(found[2], defaults)
    if base.lower() not in stages and not _is_stage_number(base, found.re):
        base = _stand_in(base, where)
    if found.re is FROM:
        stages.add((found[3] or f"stage {len(stages)}").lower())
    return line[: found.start(2)] + base + line[found.end(2) :]


def _is_stage_number(base: str, pattern: re.Pattern[str]) -> bool:
    return pattern is COPY_FROM and base.isdecimal()


def _resolve(text: str, defaults: dict[str, str]) -> str:
    """Build arguments before the first FROM have their defaults: nobody sets others here."""
    return VARIABLE.sub(lambda v: defaults.get(v[1] or v[3], v[2] or ""), text)


def _stand_in(base: str, where: str) -> str:
    short = base.removeprefix("docker.io/").removeprefix("library/")
    if short not in STAND_INS:
        names = ", ".join(name for name in STAND_INS if not name.startswith("localhost/"))
        raise ClusterError(
            f"{where} stands on {base or 'nothing'}, which this machine cannot fetch: it has no "
            f"registry.\n  Available: {names}.\n  Or take CLUSTER=kind, where Docker fetches any."
        )
    return STAND_INS[short]
