"""The soak: small experiments back to back, and whether anything of the operator grows."""

import asyncio
import json
import os
from itertools import count

import pytest

from tests.reliability.site import SIX_TRIALS, Json, Site
from tests.reliability.table import RESULTS

MINUTES = float(os.environ.get("SOAK_MINUTES", "15"))
pytestmark = [pytest.mark.reliability, pytest.mark.timeout(60 * MINUTES + 300)]
SMALL: Json = SIX_TRIALS | {"replicates": 1, "variants": [{"name": "async"}]}
CURVES = RESULTS.with_name("reliability-soak.json")


async def test_nothing_grows(site: Site, measured):
    loop = asyncio.get_running_loop()
    began, points = loop.time(), list[Json]()
    for number in count():
        name = f"soak-{number}"
        await site.submit(name, SMALL)
        uid = (await site.experiment(name))["metadata"]["uid"]
        assert (await site.finished(name, 120))["phase"] == "Succeeded"
        await site.delete(name)
        left = len(await site.leftovers(uid))
        points.append(point(site, loop.time() - began, left))
        CURVES.parent.mkdir(exist_ok=True)
        CURVES.write_text(json.dumps(points) + "\n")
        if loop.time() - began > MINUTES * 60:
            break
    settled, last = points[len(points) // 5], points[-1]  # caches are filled by then

    growth = last["mebibytes"] / settled["mebibytes"] - 1
    measured(
        21,
        f"{len(points)} experiments in {MINUTES:.0f} min; memory {settled['mebibytes']:.1f} to "
        f"{last['mebibytes']:.1f} MiB ({growth:+.1%}); "
        f"files {settled['files']} to {last['files']}; "
        f"watches {settled['watches']} to {last['watches']}",
    )
    assert growth <= 0.05
    assert abs(last["files"] - settled["files"]) <= 5
    assert last["watches"] == settled["watches"]
    assert max(each["left"] for each in points) <= 1  # a pod that is about to go
    assert site.operator.starts == 1


def point(site: Site, seconds: float, left: int) -> Json:
    operator = site.operator
    return {
        "seconds": round(seconds, 1),
        "mebibytes": round(operator.resident_mebibytes(), 1),
        "files": operator.open_files(),
        "watches": site.proxy.watches,
        "left": left,
    }
