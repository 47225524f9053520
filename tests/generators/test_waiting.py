"""How the generators beside k6 wait for a service, and when they wait no longer."""

import json

import pytest

from loadlab_services.generators import steward as module
from loadlab_services.generators.contract import read_trial
from loadlab_services.generators.steward import AbortedError, Answered, Steward
from tests.manifests import Json

CONFIGURATION: Json = {
    "run": "r-001-a1", "pods": 1, "target": "http://shop.lab.svc:80", "readinessPath": "/healthz",
    "steward": "http://steward:9100", "variant": "shop",
    "requests": [{"name": "request", "method": "GET", "path": "/", "headers": {}, "body": None,
                  "weight": 1, "writes": False}],
    "timeoutMs": 5000, "redirects": "Fail", "thinkTimeMs": 0, "tellsCache": False,
    "paddingBytes": 0, "side": None, "freshness": None, "variables": {},
    "load": {"executor": "constant-vus", "virtualUsers": 4, "rate": None, "arrivals": "Even",
             "arrivalsSeed": 1, "timeUnitMs": 1000, "rampUpMs": 0, "maxVirtualUsers": None,
             "durationMs": 1000, "warmupMs": 0, "gracefulStopMs": 3000},
    "deadlines": {"readyMs": 500, "drainMs": 1},
}  # fmt: skip


def waiting(monkeypatch, status, **changes):
    """Return what is said in the end, and the headers of the last request."""
    sent = []

    def ask(method, url, seconds, *, headers=None, body=None):
        sent.append(headers)
        return Answered(status, "No")

    monkeypatch.setattr(module, "ask", ask)
    monkeypatch.setattr(module, "HOPELESS_MS", 100)
    trial = read_trial({"TRIAL_0": json.dumps(CONFIGURATION | changes)})
    with pytest.raises(AbortedError) as error:
        Steward(trial).await_service()
    return str(error.value), sent[-1]


def test_what_a_running_service_refuses_is_not_waited_for_to_the_end(monkeypatch):
    said, _ = waiting(monkeypatch, 404, runsAlready=True)

    assert said == (
        "the service was not ready after 100 ms of it: "
        "GET http://shop.lab.svc:80/healthz gave 404 No"
    )


@pytest.mark.parametrize(
    ("status", "changes"),
    [(503, {"runsAlready": True}), (429, {"runsAlready": True}), (404, {}), (0, {})],
)
def test_what_may_pass_is_waited_for(monkeypatch, status, changes):
    said, _ = waiting(monkeypatch, status, **changes)

    assert "the service was not ready after 500 ms: GET" in said


def test_headers_go_along(monkeypatch):
    _, headers = waiting(monkeypatch, 503, readinessHeaders={"Host": "shop.example"})

    assert headers == {"Host": "shop.example"}
