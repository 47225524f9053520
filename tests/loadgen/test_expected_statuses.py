"""Which answers are good is what the request says, from the real k6."""

import pytest

from loadlab.measurement.documents.generator import K6Document
from tests.loadgen.conftest import ENVIRONMENT_TOO, Lab
from tests.loadgen.test_failures import Mixed

pytestmark = pytest.mark.integration


@pytest.fixture
def server() -> Mixed:
    return Mixed()


def test_what_is_expected_has_not_failed_and_the_rest_has(lab: Lab, server: Mixed):
    asked = {"path": "/mix/${request_id}", "writes": False, "expectedStatuses": [404, 307]}
    config = lab.configure(request=asked, extra={"timeoutMs": 500}, virtualUsers=4, durationMs=1500)

    measure = lab.run(ENVIRONMENT_TOO, config=config).document["scenarios"]["measure"]

    assert {failure["text"]: failure["requests"] for failure in measure["failures"]} == {
        "200 OK": server.done["200"],
        "500 Internal Server Error": server.done["500"],
        "request timeout": server.done["timeout"],
    }
    good = {split["class"] for split in measure["splits"] if not split["failed"]}
    assert good == {"3xx", "4xx"}
    assert measure["failed"] < measure["requests"]
    assert any(second["p50"] for second in measure["series"])


def test_a_404_that_is_expected_is_an_answer_with_a_latency(lab: Lab):
    asked = {"path": "/nothing", "writes": False, "expectedStatuses": [200, 404]}

    document = lab.run(ENVIRONMENT_TOO, config=lab.configure(request=asked)).document

    read = K6Document.model_validate(document)
    (split,) = read.scenarios["measure"].splits
    assert (split.status_class, split.succeeded) == ("4xx", True)
