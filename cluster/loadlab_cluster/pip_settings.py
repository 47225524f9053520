"""Hands this machine's pip settings (index, certificates) to a build, without writing them down.

They are mounted while the build runs, so they are in no image and in no file of the repository.
"""

import shlex
import sys
from pathlib import Path

from loadlab_cluster.commands import read_output

HANDED_ON = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "cert")


def pip_volumes(cache: Path) -> list[str]:
    """The `--volume` values that make a build's pip behave as this machine's."""
    settings = parse_pip_settings(read_output([sys.executable, "-m", "pip", "config", "list"]))
    if not settings:
        return []
    conf = cache / "pip.conf"
    conf.write_text("[global]\n" + "".join(f"{k} = {v}\n" for k, v in settings.items()))
    volumes = [f"{conf}:/etc/pip.conf:ro"]
    if "cert" in settings:
        folder = Path(settings["cert"]).resolve().parent
        volumes.append(f"{folder}:{Path(settings['cert']).parent}:ro")
    return volumes


def parse_pip_settings(listing: str) -> dict[str, str]:
    """The settings worth handing on, from `pip config list`; the environment's come last."""
    found: dict[str, str] = {}
    lines = (line for line in listing.splitlines() if "=" in line)
    for line in sorted(lines, key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        if key in HANDED_ON:
            found[key] = " ".join(shlex.split(value))
    return found
