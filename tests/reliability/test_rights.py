"""Test 20: what the operator asked the API server for, by its audit log, against what it may."""

import pytest
import yaml

from tests.packaging.permissions import granted
from tests.reliability.control_plane import REPOSITORY, ControlPlane
from tests.reliability.site import SIX_TRIALS, Site
from tests.reliability.test_kills import kill_after

pytestmark = pytest.mark.reliability


async def test_rights_used_against_granted(site: Site, measured):
    """An experiment with every store, deaths on its way, and a life that ends by itself."""
    await site.submit("calm", SIX_TRIALS | {"ttlStrategy": {"onSuccess": "1s"}})
    kill_after(site, {4, 9, 14, 30})
    await site.finished("calm", 120)
    installed = list(yaml.safe_load_all((REPOSITORY / "manifests/install.yaml").read_text()))
    may = granted(installed)

    used, refused = asked(site.plane)

    unused = sorted("/".join(each) for each in may - used)
    measured(
        20,
        f"{len(used & may)} of {len(may)} rights used in one experiment with deaths; "
        f"refused {len(refused)}; not used: {', '.join(unused) or 'none'}",
    )
    assert refused == set()
    assert used <= may | {("", "", "")}


def asked(plane: ControlPlane) -> tuple[set[tuple[str, str, str]], set[str]]:
    """Return the rights that were used, and what was forbidden."""
    used, refused = set(), set()
    for event in plane.audited():
        about = event.get("objectRef")
        if not about or event["stage"] != "ResponseComplete":
            continue
        parts = (about.get("resource", ""), about.get("subresource", ""))
        used.add((about.get("apiGroup", ""), "/".join(filter(None, parts)), event["verb"]))
        if event["responseStatus"]["code"] == 403:
            refused.add(event["requestURI"])
    return used, refused
