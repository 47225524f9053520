"""A service that is none of ours, as its sample runs it: measured, metered, and honest about it."""

import pytest
import yaml

from tests.e2e.cluster_tools import SAMPLES, Lab, condition
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]

NAME = "own-service"


def spec(**changes: object) -> Json:
    return dict(yaml.safe_load((SAMPLES / f"{NAME}.yaml").read_text())["spec"]) | changes


def test_the_sample_has_http_and_container_figures_and_says_what_it_lacks(lab: Lab):
    lab.delete(NAME)
    load = spec()["load"] | {"warmup": "1s", "duration": "3s"}
    lab.submit(NAME, **spec(replicates=1, load=load))

    status = lab.wait(NAME, 180)

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert len(status["results"]) == 2
    for row in status["results"]:
        assert row["requests"] > 0
        assert row["failedRate"] == 0
        assert row["cpuMicrosPerRequest"]["service"] > 0
        assert row["memoryBytes"]["service"] > 10_000_000
        assert row["openFiles"] > 3
        assert any("NoInstruments" in reason for reason in row["reasons"])
        assert "eventLoopLagMs" not in row
    images = status["environment"]["images"]
    assert {"service/threads", "service/loop"} <= images.keys()
    assert "sha256:" in images["service/loop"]


def test_an_image_that_does_not_answer_is_told_what_is_asked_of_it(lab: Lab):
    (variant, _) = spec()["variants"]
    lab.delete("mute")
    lab.submit(
        "mute",
        **spec(variants=[variant | {"readinessPath": "/nothing"}], timeouts={"ready": "6s"}),
    )

    status = lab.wait("mute", 90)

    failed = condition(status, "Failed")
    assert failed["reason"] == "NeverReady"
    assert (
        "must answer GET /nothing on port 8000 with a status from 200 to 399" in failed["message"]
    )
    lab.delete("mute")
