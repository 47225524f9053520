"""`python -m loadlab_services.programs.note_secrets`: what is in a pod's Secrets, as digests.

The operator may read no Secret, and has to know whether two trials were given the same. So this
runs in a pod before its other containers do, and leaves in the pod's status one digest for each
Secret that is mounted below SECRETS_FOLDER, in a folder of its name. DIGEST_KEY is random and
stands in the experiment's own Secret only: who reads a digest can't find a password by trying, and
as the name is in it, nobody sees that two Secrets are equal.
"""

import hmac
import os
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

DIGITS: Final = 18  # hexadecimal, of a digest; a status takes 4 KiB of a container in all
TERMINATION_LOG: Final = Path("/dev/termination-log")


def note(folder: Path, key: bytes) -> str:
    """Return the digests of the folders in a folder, in the order of their names.

    One that is empty has none: the Secret was not there, and nobody was given it.
    """
    secrets = sorted(folder.iterdir(), key=lambda each: each.name)
    return ",".join(_digest(secret, key) for secret in secrets)


def _digest(secret: Path, key: bytes) -> str:
    """Digest a Secret's name, and names and contents of its keys; `..data` is the kubelet's own."""
    names = sorted(each.name for each in secret.iterdir() if not each.name.startswith(".."))
    found = hmac.new(key, digestmod=sha256)
    keys = (part for name in names for part in (name.encode(), (secret / name).read_bytes()))
    for part in (secret.name.encode(), *keys):
        found.update(len(part).to_bytes(8) + part)
    return found.hexdigest()[:DIGITS] if names else ""


def main(environment: Mapping[str, str] = os.environ, told: Path = TERMINATION_LOG) -> None:
    """Leave the digests where the kubelet looks for a container's last words.

    Where a file cannot be read, or an experiment is older than its key, the trial goes on: a change
    of a Secret is not seen then.
    """
    folder, key = Path(environment["SECRETS_FOLDER"]), environment.get("DIGEST_KEY", "").encode()
    if not key:  # digests without one would tell a password to whoever tries many
        sys.stderr.write("it is not noted what is in the Secrets: there is no DIGEST_KEY\n")
        return
    try:
        told.write_text(note(folder, key))
    except OSError as error:
        sys.stderr.write(f"it is not noted what is in the Secrets: {error}\n")


if __name__ == "__main__":
    main()
