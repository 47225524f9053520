"""What fails is told with its class and text, and redirects are no load of their own."""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.e2e

# Each answer takes 50 ms. Ready is said with 204, as Kubernetes' probes allow it.
SERVICE = """
from fastapi import FastAPI, Response
import asyncio, uvicorn
app = FastAPI()
app.get("/ready", status_code=204)(lambda: Response(status_code=204))
@app.get("%s")
async def things():
    await asyncio.sleep(0.05)
    return []
uvicorn.run(app, host="0.0.0.0", port=8000, log_level="warning")
"""


def variant(name: str, route: str) -> Json:
    return {
        "name": name,
        "image": "localhost/loadlab/own-service:dev",
        "command": ["python", "-c", SERVICE % route],
        "readinessPath": "/ready",
    }


def spec(*variants: Json, **request: str) -> Json:
    return {
        "workload": "custom",
        "variants": list(variants),
        "factors": {"workers": [1], "virtualUsers": [8]},
        "replicates": 1,
        "retry": {"attempts": 1},
        "timeouts": {"ready": "20s"},
        "placement": {"serviceCpu": "Shared"},
        "load": {"warmup": "1s", "duration": "2s", "request": {"path": "/things", **request}},
    }


def test_a_redirect_on_the_way_is_in_the_latency_and_not_in_the_rate(lab: Lab):
    here, there = variant("here", "/things"), variant("there", "/things/")
    lab.submit("followed", **spec(here, there, redirects="Follow"))

    status = lab.wait("followed", 90)

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    rate, median = {}, {}
    for row in status["results"]:
        name = row["cell"]["variant"]
        rate[name], median[name] = row["requestsPerSecond"]["mean"], row["latencyMs"]["med"]
        assert row["failedRate"] == 0
        assert "failures" not in row
        assert not any("CountMismatch" in reason for reason in row["reasons"])
    print(f"requests/s {rate}, p50 in ms {median}")
    # Counted as requests, redirects would double the rate; other tests run beside this one.
    assert 0.4 * rate["here"] < rate["there"] <= 1.5 * rate["here"]
    assert median["here"] <= 1.5 * median["there"]
    lab.delete("followed")


def test_a_redirect_that_nobody_follows_is_a_failure_with_its_remedy(lab: Lab):
    lab.submit("slash", **spec(variant("there", "/things/")))

    status = lab.wait("slash", 60)

    (row,) = status["results"]
    (trial,) = lab.trials("slash").values()
    print(trial["status"]["reasons"])
    assert (row["validity"], row["statusClasses"].keys()) == ("Invalid", {"3xx"})
    assert [(f["text"], f["example"], f["share"]) for f in row["failures"]] == [
        ("307 Temporary Redirect", "/things/", 1.0)
    ]
    assert trial["status"]["failures"] == row["failures"]
    assert "were answered 307 to /things/ and not served" in trial["status"]["reasons"][0]
    lab.delete("slash")


def test_too_many_clients_of_a_database_are_told_with_their_share(lab: Lab):
    """Each request of `naive` opens a connection, and each of its users' at once is too many."""
    lab.submit(
        "clients",
        workload="ingest",
        variants=[{"name": "naive"}],
        factors={"virtualUsers": [80]},
        replicates=1,
        placement={"serviceCpu": "Shared"},
        retry={"attempts": 1},
        load={"warmup": "1s", "duration": "4s"},
        postgres={"scale": 0.001, "settings": {"max_connections": "25"}},
    )

    status = lab.wait("clients", 120)

    (row,) = status["results"]
    assert "failures" in row, lab.trials("clients")
    print(row["statusClasses"], *row["failures"], sep="\n")
    share = sum(failure["share"] for failure in row["failures"])
    failed = sum(failure["requests"] for failure in row["failures"])
    good = row["statusClasses"]["2xx"]
    assert share == pytest.approx(failed / (failed + good), abs=0.001)
    assert failed > 0
    assert all(failure["text"] for failure in row["failures"])
    lab.delete("clients")
